import { validateHeaderName, validateHeaderValue } from 'node:http'
import type { Body } from '../body.js'
import { EdgeError } from '../errors.js'
import { changeHeaders, type HeaderMap, sharedList } from '../http/header-map.js'
import { discard, errorReply, type Reply } from '../reply.js'

/** Whether a reply has no body whatever it says (RFC 9110 §6.4.1, and §15.3.6 for a 205). */
export function isBodyless(method: string | undefined, status: number): boolean {
  return method === 'HEAD' || status === 204 || status === 205 || status === 304
}

/** All of a body that is there already; `null` for none, `undefined` for one that is still to come. */
export function wholeBody(body: Body): Uint8Array | null | undefined {
  if (body.kind === 'empty') return null
  if (body.kind === 'bytes') return body.bytes
  const chunks = body.takeWhole()
  if (chunks === null) return undefined
  if (chunks.length === 0) return null
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
}

/** Whether trailers have come already: their message is not sent in one piece, however short it is. */
export function hasTrailers({ body, trailers }: Reply): boolean {
  if (trailers === undefined || body.kind !== 'stream' || !body.ended) return false
  for (const _ in trailers()) return true
  return false
}

/** A reply as a framework that writes by itself is given it: the body as far as it is there, and fields that frame just that. */
export interface FramedReply {
  readonly status: number
  /** `undefined` for a body that is still to come; `null` for none. */
  readonly whole: Uint8Array | null | undefined
  readonly fields: [name: string, value: string][]
}

/**
 * Frames a reply; one with fields that can't be written becomes a 500, as in the reply writer's hands.
 *
 * @param carries Whether the version of HTTP has a field at all.
 */
export function framed(method: string | undefined, reply: Reply, carries: (name: string) => boolean): FramedReply {
  const { status, headers, body } = reply
  const bodyless = isBodyless(method, status)
  if (bodyless && body.kind === 'stream') body.cancel(new EdgeError('ERR_EDGE_CLIENT_CLOSED', 'a reply without body'))
  const whole = bodyless ? null : wholeBody(body)
  const length = whole === undefined ? body.length : (whole?.byteLength ?? (bodyless ? undefined : 0))
  const list = fieldList(headers, status, length, bodyless) as string[]
  const fields = Array.from({ length: list.length / 2 }, (_, at): [string, string] => [
    list[2 * at]!,
    list[2 * at + 1]!,
  ]).filter(([name]) => carries(name))
  try {
    for (const [name, value] of fields) {
      validateHeaderName(name)
      validateHeaderValue(name, value)
    }
  } catch (cause) {
    discard(reply)
    const error = new EdgeError('ERR_EDGE_BAD_VALUE', 'a reply that cannot be written', { cause })
    return framed(method, errorReply(error), carries)
  }
  return { status, whole, fields }
}

/** Fields as Node's flat list; the length of what is written is said by us. */
export function fieldList(
  headers: HeaderMap,
  status: number,
  length: number | undefined,
  bodyless: boolean,
): readonly (string | string[])[] {
  const ready = sharedList(headers)
  // What is shared says its own length; where that is not the one to state, the list is made for once.
  if (
    ready !== undefined &&
    (bodyless ? status === 304 || status === 200 : headers['content-length'] === String(length))
  )
    return ready
  const list: (string | string[])[] = []
  // RFC 9110 §15.3.6: a 205 says that nothing follows.
  const stated = status === 205 ? 0 : length
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined || name === 'connection' || name === 'transfer-encoding') continue
    // RFC 9110 §8.6: a 204 has no length; a HEAD and a 304 keep the one they were given.
    if (name === 'content-length' && (stated !== undefined || !bodyless || status === 204)) continue
    if (typeof value === 'string') list.push(name, value)
    else for (const line of value) list.push(name, line)
  }
  if (stated !== undefined) list.push('content-length', String(stated))
  return list
}

/** What an interim reply has no say in: it has no body, and nothing of it is kept. */
const NOT_OF_INTERIM: HeaderMap = {
  'content-length': undefined,
  'set-cookie': undefined,
  'www-authenticate': undefined,
}

/**
 * The fields of a 103 (Early Hints) as they go on, without those that can't be written: Node 22 writes them as they are, line ends
 * and all (H-023). `null` for one that hints at nothing.
 */
export function hintFields(headers: HeaderMap): HeaderMap | null {
  const hints = changeHeaders(headers, NOT_OF_INTERIM)
  for (const name in hints) if (!isWritable(name, hints[name])) delete hints[name]
  return hints['link'] === undefined ? null : hints
}

function isWritable(name: string, value: HeaderMap[string]): boolean {
  try {
    validateHeaderName(name)
    for (const line of [value ?? []].flat()) validateHeaderValue(name, line)
    return true
  } catch {
    return false
  }
}
