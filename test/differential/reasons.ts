import { METHODS } from 'node:http'
import { parseAuthority } from '../../src/http/authority.js'
import { FieldKind, field } from '../../src/http/fields.js'
import { parseTarget } from '../../src/http/target.js'
import type { StrictReading, WireRequest } from '../support/index.js'

/**
 * What there is against a request: what a strict reader has, or what Edgewise documents that it refuses.
 *
 * @param over Whether Edgewise had closed the connection by then, or waited for more of it.
 * @param answeredHere Whether it had answered the request before by itself.
 */
export function reasonOf(
  bytes: string,
  { requests, ends, error }: StrictReading,
  at: number,
  over: boolean,
  answeredHere: boolean,
): string {
  const request = requests[at]
  if (over && answeredHere) return 'behind an early answer'
  const before = over ? requests[at - 1] : undefined
  if (before !== undefined && asksToUpgrade(before)) return 'behind an upgrade'
  if (before !== undefined && isLast(before)) return 'behind the last request'
  const cutOff = ends === 'malformed' || requests.slice(at).some(endsInNode)
  if (over && request !== undefined && cutOff) return 'in front of what is malformed'
  if (request !== undefined && EXTENSION.test(bytes)) return 'chunk extensions'
  if (request !== undefined && TAB_BEHIND.test(bytes)) return 'a tab behind a coding'
  if (request !== undefined) return inGoodOrder(request)
  if (ends === 'cut') return 'cut short'
  return error === undefined ? 'nothing more' : `malformed: ${kindOf(error.message)}`
}

const EXTENSION = /\n[0-9a-f]+;/i
const TAB_BEHIND = /^transfer-encoding:.*\t\r$/im

/** What Node's parser ends a connection for, or nobody takes who has not asked for it. */
function endsInNode({ method, trailers }: WireRequest): boolean {
  return method === 'CONNECT' || trailers.some(([name]) => FRAMING.test(name))
}

const FRAMING = /^(?:content-length|transfer-encoding)$/i

function asksToUpgrade(request: WireRequest): boolean {
  return request.header('upgrade') !== undefined && /upgrade/i.test(request.header('connection') ?? '')
}

/** RFC 9112 §9.3. */
function isLast(request: WireRequest): boolean {
  const says = (request.header('connection') ?? '').toLowerCase().split(/[\t ]*,[\t ]*/)
  return says.includes('close') || (request.version === '1.0' && !says.includes('keep-alive'))
}

/** A message of a strict reader, without what it quotes. */
function kindOf(message: string): string {
  return message
    .slice(0, message.lastIndexOf(': "') === -1 ? undefined : message.indexOf(': "'))
    .replace(/ in ".*$/s, '')
    .replace(/ at byte \d+$/, '')
}

function inGoodOrder(request: WireRequest): string {
  const { method, target, headers, trailers } = request
  if (!METHODS.includes(method)) return 'an unknown method'
  if (method === 'CONNECT' || method === 'TRACE') return method
  const host = request.header('host')
  const read = parseTarget(target, method, host ?? null)
  if ('error' in read) return `target: ${read.error.message.replace(/^request target refused: /, '')}`
  if (host !== undefined && parseAuthority(host) === null) return 'a bad Host'
  const seen = new Set<string>()
  for (const [raw] of headers) {
    const { name, kind } = field(raw)
    if (kind === FieldKind.singleton && seen.has(name)) return 'a repeated field that may stand once'
    seen.add(name)
  }
  if (headers.length > 200) return 'too many fields'
  if (headers.reduce((sum, [name, value]) => sum + name.length + value.length + 4, target.length) > 14_000)
    return 'a long head'
  const expect = request.header('expect')
  if (expect !== undefined && expect.toLowerCase() !== '100-continue') return 'an unknown Expect'
  if (request.header('upgrade') !== undefined) return 'Upgrade'
  if (trailers.some(([name]) => FRAMING.test(name))) return 'framing in the trailers'
  if (target === '*' || (method === 'OPTIONS' && request.header('max-forwards') === '0')) return 'OPTIONS for this hop'
  if (/^https?:\/\/[^/]*$/i.test(target.split('?', 1)[0]!)) return 'an absolute target without a path'
  return 'none'
}
