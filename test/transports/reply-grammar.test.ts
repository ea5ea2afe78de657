import { http1, httpProxy, type Transport, undici } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { parseReplies, raw, sink } from '../support/index.js'
import { gatewayOver, steady } from './gateway-over.js'

const transports: readonly (readonly [name: string, make: () => Transport])[] = [
  ['http1', () => http1()],
  ['undici', () => undici()],
  ['httpProxy', () => httpProxy()],
]

const GET = 'GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
const TWO = 'Content-Length: 2\r\n\r\nok'
const CHUNKS = '2\r\nok\r\n0\r\n\r\n'

const heads: readonly (readonly [what: string, rest: string])[] = [
  ...['-2', '0x2', '2 2', '2_0', '1e1', '', '2;', '"2"', '\x0b2', '9'.repeat(20)].map(
    (value) => [`H-007 a length of ${JSON.stringify(value)}`, `\r\nContent-Length: ${value}\r\n\r\nok`] as const,
  ),
  ...[',chunked', 'chunked,', '\x0bchunked', '"chunked"', 'chunked;a=b', 'xchunked', 'chunked chunked', ''].map(
    (value) =>
      [`H-004 a coding of ${JSON.stringify(value)}`, `\r\nTransfer-Encoding: ${value}\r\n\r\n${CHUNKS}`] as const,
  ),
  ['H-004 a blank behind the name of its coding', `\r\nTransfer-Encoding : chunked\r\n\r\n${CHUNKS}`],
  ['H-004 H-011 a folded coding', `\r\nTransfer-Encoding:\r\n chunked\r\n\r\n${CHUNKS}`],
  ['H-010 a bare LF behind its status', `\n${TWO}`],
  ['H-010 a bare LF between fields', `\r\nX: y\n${TWO}`],
  ['H-010 a bare LF at the end of its head', '\r\nContent-Length: 2\r\n\nok'],
  ['H-010 bare LF everywhere', '\nContent-Length: 2\n\nok'],
  ['H-010 a bare CR in a value', `\r\nX: a\rb\r\n${TWO}`],
  ['H-010 NUL in a value', `\r\nX: a\0b\r\n${TWO}`],
  ['H-011 a folded field', `\r\nX: a\r\n b\r\n${TWO}`],
  ['H-011 a blank in front of its first field', `\r\n X: a\r\n${TWO}`],
  ['H-025 a field without a name', `\r\n: a\r\n${TWO}`],
  ['H-025 a name with a blank', `\r\nX : a\r\n${TWO}`],
  ['H-025 a name past ASCII', `\r\nX\xe9: a\r\n${TWO}`],
]

const bodies: readonly (readonly [what: string, body: string])[] = [
  ['a size ended by a bare LF', '2\nok\r\n0\r\n\r\n'],
  ['a size ended by a bare CR', '2\rok\r\n0\r\n\r\n'],
  ['an extension ended by a bare LF', '2;a\nok\r\n0\r\n\r\n'],
  ['two CR', '2\r\r;\nok\r\n0\r\n\r\n'],
  ['0x', '0x2\r\nok\r\n0\r\n\r\n'],
  ['a plus', '+2\r\nok\r\n0\r\n\r\n'],
  ['a minus', '-2\r\nok\r\n0\r\n\r\n'],
  ['a blank in front', ' 2\r\nok\r\n0\r\n\r\n'],
  ['a blank behind', '2 \r\nok\r\n0\r\n\r\n'],
  ['an underscore', '2_\r\nok\r\n0\r\n\r\n'],
  ['no size', '\r\nok\r\n0\r\n\r\n'],
  ['17 digits', '10000000000000002\r\nok\r\n0\r\n\r\n'],
  ['data longer than its size', '2\r\nokok0\r\n\r\n'],
  ['data ended by a bare LF', '2\r\nok\n0\r\n\r\n'],
  ['a bare LF for its end', '2\r\nok\r\n0\r\n\n'],
]

describe.each(transports)('replies that parsers read differently, over %s', (_name, make) => {
  it.each(heads)('%s is a 502, its connection closed', async (_what, rest) => {
    await using far = await sink(['waitBody', `HTTP/1.1 200 OK${rest}`, 'end'])
    await using gateway = await gatewayOver(make(), far.url, { pool: steady })
    const { bytes } = await raw(gateway.port, GET)
    expect(parseReplies(bytes, { closed: true }).map(({ status }) => status)).toEqual([502])
    await far.connections[0]!.gone
  })

  it.each(bodies)('H-008 a chunk with %s never makes a whole reply', async (_what, body) => {
    await using far = await sink(['waitBody', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body}`, 'end'])
    await using gateway = await gatewayOver(make(), far.url, { pool: steady })
    const { bytes } = await raw(gateway.port, GET)
    const [reply] = parseReplies(bytes, { closed: true })
    expect(reply!.status === 502 || !reply!.complete, bytes.toString('latin1')).toBe(true)
    expect((await gateway.settled()).error?.source).toBe('upstream')
    await far.connections[0]!.gone
    expect(far.requests).toHaveLength(1)
  })

  it.each([
    ['64 KiB of extensions', `2;${'a'.repeat(1 << 16)}\r\nok\r\n0\r\n\r\n`],
    ['10,000 trailers', `2\r\nok\r\n0\r\n${'X: y\r\n'.repeat(10_000)}\r\n`],
  ])('H-009 %s go no further', async (_what, body) => {
    await using far = await sink(['waitBody', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body}`, 'end'])
    await using gateway = await gatewayOver(make(), far.url, { pool: steady })
    const { bytes } = await raw(gateway.port, GET)
    expect(bytes.length).toBeLessThan(1_000)
    await far.connections[0]!.gone
  })
})
