import { describe, expect, it } from 'vitest'
import { parseReplies, raw, sink } from '../support/index.js'
import { chunked, edgeTo, head, statuses, transports } from './edge.js'

const POST = `${head('POST /1 HTTP/1.1', 'Host: a', 'Content-Length: 5')}hello`
const NEXT = head('GET /next HTTP/1.1', 'Host: a')

describe.each(transports)('requests behind one that is refused, over $name', ({ make }) => {
  it.each([
    ['H-005 a coding', 501, head('POST /x HTTP/1.1', 'Host: a', 'Transfer-Encoding: gzip, chunked') + chunked('hello')],
    [
      'H-004 two codings',
      501,
      head('POST /x HTTP/1.1', 'Host: a', 'Transfer-Encoding: identity, chunked') + chunked('hello'),
    ],
    ['H-012 two Hosts', 400, head('GET /x HTTP/1.1', 'Host: a', 'Host: b')],
    ['H-012 no Host', 400, head('POST /x HTTP/1.1', 'X: y', 'Transfer-Encoding: chunked') + chunked('hello')],
    ['H-013 a bad Host', 400, `${head('POST /x HTTP/1.1', 'Host: a/../evil', 'Content-Length: 5')}hello`],
    ['H-030 a bad target', 400, `${head('POST /../x HTTP/1.1', 'Host: a', 'Content-Length: 5')}hello`],
  ])('%s: a %i, and none of them goes upstream, though Node has read them', async (_, status, refused) => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make)
    const result = await raw(edge.port, refused + POST + NEXT.repeat(3), { hold: 3_000 })
    expect(statuses(result)).toEqual([status])
    expect(result.ended).not.toBe('open')
    expect(upstream.connections).toHaveLength(0)
    expect(edge.seen).toEqual([])
  })
  it('H-020 a refusal behind a request under way, of one that expects a 100, is whole', async () => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make)
    const refused = head('POST /x HTTP/1.1', 'Host: a', 'Host: b', 'Content-Length: 5', 'Expect: 100-continue')
    const result = await raw(edge.port, NEXT + refused, { hold: 3_000 })
    const replies = parseReplies(result.bytes, { closed: true })
    expect(replies.map(({ status }) => status)).toEqual([200, 100, 400])
    expect(replies.at(-1)!.body.toString()).toBe('400 ERR_EDGE_BAD_REQUEST\n')
  })
})
