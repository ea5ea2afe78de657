import { validateHeaderValue } from 'node:http'
import type { Http2ServerResponse, OutgoingHttpHeaders } from 'node:http2'
import { EdgeError } from '../../errors.js'
import type { HeaderMap } from '../../http/header-map.js'

/** Fields of a connection (RFC 9113 §8.2.2), which HTTP/2 has no place for. */
const OF_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
])

const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** Whether a field of a reply means something in HTTP/1.1 only. */
export function isOfConnection(name: string): boolean {
  return OF_CONNECTION.has(name)
}

/** Trailers as Node's response takes them, but for those that can't be sent: their head has left, and none is worth the body. */
export function http2Trailers(trailers: HeaderMap): OutgoingHttpHeaders {
  const list = Object.entries(trailers) as [string, string | string[]][]
  return Object.fromEntries(
    list.filter(([name, value]) => NAME.test(name) && !OF_CONNECTION.has(name) && VALUE.test(String(value))),
  )
}

/**
 * A reply's status and fields as Node's streams take them, with those that a framework has set before.
 *
 * @param list Names and values in turns.
 * @throws Node's error for a value that can't be sent: a stream would take it as it is, and read a NUL as the end of the field (H-023).
 */
export function http2Head(
  status: number,
  list: readonly string[],
  res: Http2ServerResponse | null,
): OutgoingHttpHeaders {
  const head: OutgoingHttpHeaders = { __proto__: null as never, ':status': status }
  for (let at = 0; at < list.length; at += 2) {
    const name = list[at]!
    if (OF_CONNECTION.has(name)) continue
    if (name.startsWith(':')) throw new EdgeError('ERR_EDGE_BAD_VALUE', 'a pseudo-field among the fields of a reply')
    const value = list[at + 1]!
    validateHeaderValue(name, value)
    const before = head[name]
    head[name] = before === undefined ? value : [before as string | string[], value].flat()
  }
  for (const name of res?.getHeaderNames() ?? []) {
    const value = res!.getHeader(name) as string | string[]
    if (name === 'set-cookie') head[name] = [head[name] ?? [], value].flat() as string[]
    else if (!(name in head) && !OF_CONNECTION.has(name)) head[name] = value
  }
  return head
}
