import { http2 } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { dataFrame, goAwayFrame, headFrames, replyFrames } from '../../support/h2-frames.js'
import { h2Error, resetFrame } from '../../support/h2-raw.js'
import { type H2Script, type H2Step, h2Sink } from '../../support/h2-sink.js'
import { eventually, rawOpen } from '../../support/index.js'
import { ask, expectFailure, gatewayOver, get, post, steady } from '../gateway-over.js'
import { h2Over } from './over.js'

const refusals: [string, H2Script][] = [
  ['REFUSED_STREAM', (stream) => [resetFrame(stream, h2Error.refused)]],
  ['a GOAWAY that leaves it out', (stream) => [goAwayFrame(Math.max(0, stream - 2), h2Error.none)]],
  ['a GOAWAY with an error that leaves it out', () => [goAwayFrame(0, h2Error.calm)]],
]

describe('what an upstream of HTTP/2 says it has not looked at (RFC 9113 §8.7)', () => {
  it.each(refusals)('H-101 after %s goes to another endpoint, a POST with its body too', async (_, script) => {
    await using busy = await h2Sink(script)
    await using good = await h2Sink((stream) => [replyFrames(stream, 'done')])
    await using gateway = await gatewayOver(http2(), [busy.url, good.url], { pool: steady })
    for (const request of [get('/x'), post('pay'), post('pay', { method: 'DELETE' })])
      expect((await ask(gateway.port, request)).body.toString()).toBe('done')
    expect(good.requests).toBe(3)
    await gateway.idle()
  })

  it.each(refusals)(
    'after %s goes to the same endpoint once more where it is the only one, and is then a 503',
    async (_, script) => {
      await using gateway = await h2Over(script, { pool: steady })
      expectFailure(await ask(gateway.port, post('pay')), 503, 'ERR_EDGE_STREAM_REFUSED')
      expect(gateway.far.requests).toBe(2)
    },
  )

  it('a restart that says GOAWAY costs no request: those it leaves out are answered over the next connection', async () => {
    await using gateway = await h2Over((stream, _nth, connection) => {
      if (connection.index > 0) return [replyFrames(stream, 'new')]
      if (stream < 9) return []
      // Streams 1 to 5 are still answered, 7 and 9 never.
      return [goAwayFrame(5, h2Error.none), ...[1, 3, 5].map((each) => replyFrames(each, 'old')), 'end']
    })
    const asked = Array.from({ length: 5 }, () => ask(gateway.port, post('pay')))
    const bodies = (await Promise.all(asked)).map(({ body }) => body.toString())
    expect(bodies.toSorted()).toEqual(['new', 'new', 'old', 'old', 'old'])
    await gateway.settled(5)
    expect(gateway.outcomes.map(({ error }) => error)).toEqual(Array(5).fill(null))
    expect(gateway.pool.endpoints[0]?.available).toBe(true)
  })

  it('after a GOAWAY what it carries goes on, and the next request takes another connection', async () => {
    let finish = (): void => {}
    await using gateway = await h2Over((stream, nth, connection) => {
      if (nth > 0) return [replyFrames(stream, 'second')]
      finish = () => connection.send(dataFrame(stream, 'rest', { end: true }))
      return [headFrames(stream), dataFrame(stream, 'part'), goAwayFrame(stream, h2Error.none)]
    })
    await using client = await rawOpen(gateway.port)
    await client.write(get('/long'))
    await client.waitFor('part')
    expect((await ask(gateway.port)).body.toString()).toBe('second')
    finish()
    await client.waitFor('rest')
    const [first, second] = gateway.far.connections
    await first!.gone
    expect(second!.socket.destroyed).toBe(false)
  })

  it('H-101 an upload that was begun is not sent again, nor cut short elsewhere', async () => {
    await using busy = await h2Sink((stream, _nth, connection) => [
      () => eventually(() => connection.frames.some(({ type }) => type === 0)),
      resetFrame(stream, h2Error.refused),
    ])
    await using good = await h2Sink((stream) => [replyFrames(stream)])
    await using gateway = await gatewayOver(http2(), [busy.url, good.url], { pool: steady })
    await using client = await rawOpen(gateway.port)
    await client.write('POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nfirst')
    await client.waitFor('503 ERR_EDGE_STREAM_REFUSED')
    expect(good.requests).toBe(0)
  })

  it('H-100 a refusal on a kept connection is not held against its endpoint', async () => {
    await using gateway = await h2Over((stream, nth): H2Step[] =>
      nth === 1 ? [goAwayFrame(stream - 2, h2Error.none)] : [replyFrames(stream)],
    )
    for (let nth = 0; nth < 3; nth += 1) expect((await ask(gateway.port, post('pay'))).status).toBe(200)
    await gateway.settled(3)
    const attempts = gateway.outcomes.flatMap((each) => each.attempts)
    expect(
      attempts.map(({ error, reusedConnection, countsAgainst }) => [error?.code, reusedConnection, countsAgainst]),
    ).toEqual([
      [undefined, false, false],
      ['ERR_EDGE_STREAM_REFUSED', true, false],
      [undefined, false, false],
      [undefined, true, false],
    ])
  })
})
