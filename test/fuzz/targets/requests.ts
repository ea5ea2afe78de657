import { listMembers } from '../../../src/http/field-list.js'
import { field, isProtected } from '../../../src/http/fields.js'
import { emptyHeaders, type HeaderMap } from '../../../src/http/header-map.js'
import { readHttp2Fields } from '../../../src/http/pseudo-fields.js'
import { readReplyFields } from '../../../src/http/reply-fields.js'
import { readRequestFields } from '../../../src/http/request-fields.js'
import { attempt, edgeError, type FuzzTarget, isPlainMap, promise, same } from '../target.js'

/** Names and values in turn, of lines; without a colon a name with an empty value. */
export function linesOf(input: string): string[] {
  return input.split('\n').flatMap((line) => {
    const colon = line.indexOf(':', 1)
    return colon === -1 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1)]
  })
}

export function flat(headers: HeaderMap): string[] {
  return Object.keys(headers).flatMap((name) => [headers[name]!].flat().flatMap((value) => [name, value as string]))
}

const GONE =
  /^(?:keep-alive|proxy-connection|http2-settings|proxy-authorization|proxy-authenticate|trailer|expect|connection|transfer-encoding|upgrade)$/

function checkFields(headers: HeaderMap, trusted: boolean, isRequest = true): void {
  promise(isPlainMap(headers), 'a map with no names but its own')
  for (const name of Object.keys(headers)) {
    promise(name === name.toLowerCase(), 'a name in lower case', name)
    promise(!GONE.test(name), 'no field of this hop', name)
    promise(
      trusted || !/^(?:x-forwarded-(?:for|proto|host|port)|forwarded|x-real-ip)$/.test(name),
      'no claim of an untrusted peer',
      name,
    )
    promise(!isRequest || !GONE.test(name.replaceAll('_', '-')), 'no alias of a field of this hop', name)
  }
}

const FIELD_PIECES = [
  '\nContent-Length: 5',
  '\nTransfer-Encoding: chunked',
  '\nConnection: close, X',
  '\nconnection: upgrade, host',
  '\nUpgrade: websocket',
  '\nHost: a',
  '\nTE: trailers',
  '\nX-Forwarded-For: 1.2.3.4',
  '\nX_Forwarded_For: 1',
  '\nTransfer_Encoding: chunked',
  '\nCookie: a=b',
  '\n__proto__: x',
  '\nSet-Cookie: a=b',
  '\nKeep-Alive: timeout=5',
  'chunked',
  ', ',
]

/** H-010 to H-028, H-050 to H-062: end-to-end fields and one framing. */
export const requestFields: FuzzTarget = {
  name: 'request-fields',
  corpus: [
    'Host: a\nAccept: */*\nCookie: a=b\nCookie: c=d',
    'Host: a\nContent-Length: 5\nX-Forwarded-For: 1.2.3.4\nForwarded: for=1.2.3.4',
    'Host: a\nTransfer-Encoding: chunked\nConnection: keep-alive, x-a\nX-A: 1\nTE: trailers, gzip',
    'Host: a\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Key: x\nX_Real_IP: 1',
  ],
  pieces: FIELD_PIECES,
  check(input, mutator) {
    const raw = linesOf(input)
    const [trusted, version] = [mutator.random() < 0.5, mutator.random() < 0.8 ? '1.1' : '1.0']
    const drops = mutator.random() < 0.5
    const read = attempt(() => readRequestFields(raw, version, trusted, drops), edgeError(/^ERR_EDGE_/, 400, 431, 501))
    if ('error' in read) return read.error.message
    const { headers, length, upgrade } = read.value
    checkFields(headers, trusted)
    promise(length === undefined || Number.isSafeInteger(length), 'a length', length)
    promise((length ?? 0) === Number(headers['content-length'] ?? 0), 'one framing', length, headers['content-length'])
    const said = raw.filter((_, at) => at % 2 === 1 && raw[at - 1]!.toLowerCase() === 'connection').flatMap(listMembers)
    promise(
      upgrade === null || said.some((each) => each.toLowerCase() === 'upgrade'),
      'an upgrade that is nominated',
      said,
    )
    for (const name of said.map((each) => each.toLowerCase()))
      promise(isProtected(name) || headers[name] === undefined, 'what Connection nominates is gone', name)
    promise(!drops || !Object.keys(headers).some((name) => name.includes('_')), 'no underscores')
    if (!Object.keys(headers).some((name) => field(name).kind === 10 || name === 'te'))
      same(
        readRequestFields(flat(headers), '1.1', trusted, drops).headers,
        headers,
        'what has been read reads the same',
      )
    return `${length === undefined} ${upgrade !== null} ${Object.keys(headers)
      .sort()
      .map((name) => field(name).kind ?? 0)}`
  },
}

/** H-070 and the like: pseudo-fields first, once, and known. */
export const http2Fields: FuzzTarget = {
  name: 'http2-fields',
  corpus: [
    ':method: GET\n:scheme: https\n:path: /\n:authority: a\naccept: */*',
    ':method: CONNECT\n:protocol: websocket\n:scheme: https\n:path: /\n:authority: a',
    ':method: POST\n:scheme: http\n:path: /x\nhost: a\ncontent-length: 3\nte: trailers',
  ],
  pieces: [
    ...FIELD_PIECES.map((piece) => piece.toLowerCase()),
    '\n:path: /y',
    '\n:status: 200',
    '\n:authority: b',
    '\n::x: 1',
  ],
  check(input, mutator) {
    const raw = linesOf(input)
    const trusted = mutator.random() < 0.5
    const read = attempt(() => readHttp2Fields(raw, trusted), edgeError(/^ERR_EDGE_/, 400, 431, 501))
    if ('error' in read) return read.error.message
    checkFields(read.value.headers, trusted)
    promise(!Object.keys(read.value.headers).some((name) => name.startsWith(':')), 'no pseudo-field among the others')
    return `${read.value.upgrade !== null} ${read.value.length === undefined}`
  },
}

/** H-105: the framing of a reply, from a list and from an object alike. */
export const replyFields: FuzzTarget = {
  name: 'reply-fields',
  corpus: [
    'Content-Type: text/html\nContent-Length: 5\nSet-Cookie: a=b\nSet-Cookie: c=d\nConnection: close',
    'Transfer-Encoding: chunked\nKeep-Alive: timeout=5\nConnection: X-A\nX-A: 1\nWWW-Authenticate: Basic\nWWW-Authenticate: Bearer a="b"',
    'Location: /a\nLocation: /b\nVary: a\nVary: b',
  ],
  pieces: FIELD_PIECES,
  check(input, mutator) {
    const raw = linesOf(input)
    const lenient = mutator.random() < 0.3
    const read = attempt(() => readReplyFields(raw, 0, lenient), edgeError('ERR_EDGE_BAD_REPLY'))
    if ('error' in read) return read.error.message
    const { headers, length, chunked } = read.value
    checkFields(headers, true, false)
    promise(!(chunked && length !== undefined), 'one framing', chunked, length)
    promise(length === undefined || (length >= 0 && length < 1e16), 'a length', length)
    const object = emptyHeaders() as Record<string, string[]>
    for (let at = 0; at < raw.length; at += 2) object[raw[at]!.toLowerCase()] ??= []
    for (let at = 0; at < raw.length; at += 2) object[raw[at]!.toLowerCase()]!.push(raw[at + 1]!)
    const again = attempt(() => readReplyFields(object, 0, lenient), edgeError('ERR_EDGE_BAD_REPLY'))
    promise('value' in again, 'an object says what a list says')
    for (const name in headers) same(again.value.headers[name], headers[name], 'an object says what a list says')
    return `${chunked} ${length === undefined} ${Object.keys(headers)
      .sort()
      .map((name) => field(name).kind ?? 0)}`
  },
}
