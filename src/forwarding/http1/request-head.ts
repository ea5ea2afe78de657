import type { Body } from '../../body.js'
import { EdgeError } from '../../errors.js'
import { field } from '../../http/fields.js'
import type { HeaderMap } from '../../http/header-map.js'

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const TARGET = /^[\x21-\x7e\x80-\xff]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** Methods whose requests have a body, so that none at all is said to be of length 0 (RFC 9110 §8.6). */
const BODIED: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'QUERY', 'PROPFIND', 'PROPPATCH'])

/**
 * A request's head as it goes on the wire, each character one byte (latin1). Whatever filters have made of method, target and fields,
 * nothing that could end a line or begin another gets through (RFC 9110 §5.5, RFC 9112 §2.2).
 *
 * @param host What stands for a Host field that is not there.
 * @throws {@link EdgeError} `ERR_EDGE_BAD_VALUE`.
 */
export function requestHead(method: string, target: string, headers: HeaderMap, body: Body, host: string): string {
  if (!TOKEN.test(method)) throw unsendable('a method')
  if (!TARGET.test(target)) throw unsendable('a target')
  let head = `${method} ${target} HTTP/1.1\r\n`
  head += fieldLine('host: ', headers['host'] ?? host)
  for (const name in headers) {
    if (name === 'host' || name === 'content-length') continue
    const value = headers[name]
    if (value === undefined) continue
    const { line } = field(name)
    if (line === null) throw unsendable(`the field "${name}"`)
    if (typeof value === 'string') head += fieldLine(line, value)
    else for (const each of [value].flat()) head += fieldLine(line, each)
  }
  return `${head}connection: keep-alive\r\n${framing(method, body)}\r\n`
}

function framing(method: string, body: Body): string {
  if (body.length === undefined) return 'transfer-encoding: chunked\r\n'
  return body.length > 0 || BODIED.has(method) || body.kind === 'stream' ? `content-length: ${body.length}\r\n` : ''
}

/** @param line How it begins: its name, a colon and a space. */
function fieldLine(line: string, value: unknown): string {
  const text = String(value)
  if (!VALUE.test(text)) throw unsendable(`the value of "${line.slice(0, -2)}"`)
  return `${line + text}\r\n`
}

function unsendable(what: string): EdgeError {
  return new EdgeError('ERR_EDGE_BAD_VALUE', `${what} cannot be sent`)
}
