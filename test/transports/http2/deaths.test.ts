import { describe, expect, it } from 'vitest'
import { dataFrame, goAwayFrame, headFrames, replyFrames } from '../../support/h2-frames.js'
import { h2Error, resetFrame } from '../../support/h2-raw.js'
import type { H2Step } from '../../support/h2-sink.js'
import { eventually, parseReplies, raw, rawOpen } from '../../support/index.js'
import { ask, expectFailure, GET, get, post, steady } from '../gateway-over.js'
import { h2Over } from './over.js'

const generous = { pool: { retryBudget: { ratio: 10, minPerSecond: 100 } } }

describe('upstreams of HTTP/2 that die', () => {
  const deaths: [string, (stream: number) => H2Step][] = [
    ['RST_STREAM with NO_ERROR', (stream) => resetFrame(stream, h2Error.none)],
    ['RST_STREAM with INTERNAL_ERROR', (stream) => resetFrame(stream, h2Error.internal)],
    ['RST_STREAM with CANCEL', (stream) => resetFrame(stream, h2Error.cancel)],
    ['RST_STREAM with REFUSED_STREAM', (stream) => resetFrame(stream, h2Error.refused)],
    ['GOAWAY with INTERNAL_ERROR', (stream) => goAwayFrame(stream, h2Error.internal)],
    ['GOAWAY that leaves it out', () => goAwayFrame(0, h2Error.none)],
    ['FIN', () => 'end'],
    ['RST', () => 'reset'],
  ]

  describe.each(['HTTP/1.1', 'HTTP/1.0'])('in the middle of a reply to a client of %s', (version) => {
    it.each(deaths)(
      'H-090 M3 H-180 by %s: a broken message, never a whole one, and not tried again',
      async (_, how) => {
        const seen = Promise.withResolvers<void>()
        await using gateway = await h2Over((stream) => [
          headFrames(stream),
          dataFrame(stream, 'part'),
          () => seen.promise,
          how(stream),
        ])
        const watch = async (client: { waitFor(text: string): Promise<string> }) => {
          await client.waitFor('part')
          seen.resolve()
        }
        const request = `GET /x ${version}\r\nHost: a\r\n\r\n`
        const { text, ended } = await raw(gateway.port, [request, watch], { hold: Infinity })
        expect(text).not.toContain('\r\n0\r\n\r\n')
        if (version === 'HTTP/1.0') expect(ended).toBe('reset')
        else expect(parseReplies(text)).toMatchObject([{ status: 200, complete: false }])
        expect((await gateway.settled()).error?.code).toBe('ERR_EDGE_UPSTREAM_RESET')
        expect(gateway.far.requests).toBe(1)
        await gateway.idle()
      },
    )
  })

  it('a reply of which all bytes have come is whole, even if a RST_STREAM with NO_ERROR ends it', async () => {
    await using gateway = await h2Over((stream) => [
      headFrames(stream, 200, [['content-length', '2']]),
      dataFrame(stream, 'ok'),
      resetFrame(stream, h2Error.none),
    ])
    expect(await ask(gateway.port)).toMatchObject({ status: 200, complete: true, bodyLength: 2 })
  })

  describe('before a reply', () => {
    it.each([
      ['RST_STREAM with INTERNAL_ERROR', (stream: number) => resetFrame(stream, h2Error.internal)],
      ['RST_STREAM with CANCEL', (stream: number) => resetFrame(stream, h2Error.cancel)],
      ['RST_STREAM with NO_ERROR', (stream: number) => resetFrame(stream, h2Error.none)],
      ['GOAWAY with INTERNAL_ERROR', (stream: number) => goAwayFrame(stream, h2Error.internal)],
      ['FIN', () => 'end' as const],
      ['RST', () => 'reset' as const],
    ] as [string, (stream: number) => H2Step][])(
      'H-100 H-101 by %s: a GET is tried once more, a POST never',
      async (_, how) => {
        await using gateway = await h2Over((stream) => [how(stream)], { pool: steady })
        expectFailure(await ask(gateway.port), 502, 'ERR_EDGE_UPSTREAM_RESET')
        expect(gateway.far.requests).toBe(2)
        expectFailure(await ask(gateway.port, post('pay')), 502, 'ERR_EDGE_UPSTREAM_RESET')
        expect(gateway.far.requests).toBe(3)
      },
    )

    it.each(['reset', 'end'] as const)(
      'H-100 M9 a kept connection that dies by %s under GETs is replaced: all answered 200',
      async (how) => {
        await using gateway = await h2Over((stream) => (stream === 1 ? [replyFrames(stream)] : [how]), generous)
        for (let nth = 0; nth < 10; nth += 1) expect((await ask(gateway.port)).status).toBe(200)
        await gateway.idle()
        expect(gateway.outcomes.flatMap(({ attempts }) => attempts).filter((each) => each.countsAgainst)).toEqual([])
      },
    )

    it('H-100 a connection that dies under many requests costs none of them, and is replaced by one', async () => {
      await using gateway = await h2Over((stream, _nth, connection) => {
        if (connection.index > 0) return [replyFrames(stream, 'again')]
        return connection.streams.length < 20 ? [] : ['reset']
      }, generous)
      const replies = await Promise.all(Array.from({ length: 20 }, () => ask(gateway.port)))
      expect(replies.map(({ body }) => body.toString())).toEqual(Array(20).fill('again'))
      expect(gateway.far.connections).toHaveLength(2)
    })
  })

  it('H-100 M9 a GET that was on a connection that had died is not put on another that may have died with it', async () => {
    await using gateway = await h2Over(
      (stream, nth, connection) => {
        if (nth === 0) return []
        if (nth === 1) return [() => gateway.far.connections[0]!.send(replyFrames(1)), replyFrames(stream)]
        return connection.index < 2 ? ['reset'] : [replyFrames(stream, 'fresh')]
      },
      { http2: { maxConcurrentStreams: 1 } },
    )
    await Promise.all([ask(gateway.port), ask(gateway.port)])
    expect((await ask(gateway.port)).body.toString()).toBe('fresh')
    expect(gateway.far.requests).toBe(4)
  })

  it('H-098 a reply that falls silent is broken off, never ended, and its stream reset', async () => {
    await using gateway = await h2Over((stream) => [headFrames(stream), dataFrame(stream, 'part')], {
      forward: { idleTimeoutMs: 60 },
    })
    const { text } = await raw(gateway.port, GET, { hold: Infinity })
    expect(parseReplies(text)).toMatchObject([{ status: 200, complete: false }])
    expect((await gateway.settled()).error?.code).toBe('ERR_EDGE_IDLE_TIMEOUT')
    await eventually(() => gateway.far.connections[0]!.resetOf(1) === h2Error.cancel)
  })

  it('H-098 no reply within the limit is a 504; the stream is reset, the connection stays', async () => {
    await using gateway = await h2Over((stream, nth) => (nth === 0 ? [] : [replyFrames(stream)]), {
      forward: { firstByteTimeoutMs: 60 },
    })
    expectFailure(await ask(gateway.port), 504, 'ERR_EDGE_FIRST_BYTE_TIMEOUT')
    expect((await ask(gateway.port)).status).toBe(200)
    expect(gateway.far.connections).toHaveLength(1)
    expect(gateway.far.connections[0]!.resetOf(1)).toBe(h2Error.cancel)
  })

  it('H-094 an upload that stops arriving is a 408, and its stream is reset, not ended', async () => {
    await using gateway = await h2Over(() => [], { forward: { firstByteTimeoutMs: 60 } })
    const { text } = await raw(gateway.port, 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nonly ten..')
    expectFailure(parseReplies(text, { closed: true })[0]!, 408, 'ERR_EDGE_REQUEST_TIMEOUT')
    await eventually(() => gateway.far.connections[0]!.resetOf(1) === h2Error.cancel)
    expect(gateway.pool.endpoints[0]?.available).toBe(true)
  })

  it('H-091 a client that leaves resets its stream within 100 ms; the others on the connection go on', async () => {
    let finish = (): void => {}
    await using gateway = await h2Over((stream, nth, connection) => {
      if (nth > 0) return [headFrames(stream), dataFrame(stream, 'first')]
      finish = () => connection.send(replyFrames(stream, 'whole'))
      return []
    })
    const other = ask(gateway.port, get('/other'))
    await gateway.far.waitForRequests(1)
    await using client = await rawOpen(gateway.port)
    await client.write(GET)
    await client.waitFor('first')
    client.destroy()
    const [connection] = gateway.far.connections
    await eventually(() => connection!.resetOf(3) === h2Error.cancel, { timeoutMs: 100 })
    finish()
    expect((await other).body.toString()).toBe('whole')
    expect(gateway.far.connections).toHaveLength(1)
  })

  it('H-091 an upload that nobody wants any more is stopped: the reply came first, whole', async () => {
    await using gateway = await h2Over((stream) => [replyFrames(stream, 'enough')])
    await using client = await rawOpen(gateway.port)
    await client.write('POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nfirst')
    await client.waitFor('enough')
    await eventually(() => gateway.far.connections[0]!.resetOf(1) === h2Error.cancel)
    expect(gateway.far.connections[0]!.frames.filter(endsStream)).toEqual([])
    await gateway.idle()
  })

  it.each(['destroy', 'reset'] as const)(
    'H-008 H-091 an upload without a length whose client goes by %s is reset, and never looks whole',
    async (how) => {
      await using gateway = await h2Over(() => [])
      await using client = await rawOpen(gateway.port)
      await client.write('PUT /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n')
      await gateway.far.waitForRequests(1)
      const [connection] = gateway.far.connections
      await eventually(() => dataBytes(connection!.frames) === 5)
      client[how]()
      await eventually(() => connection!.resetOf(1) === h2Error.cancel, { timeoutMs: 100 })
      expect(connection!.frames.filter(endsStream)).toEqual([])
    },
  )

  it('H-008 a malformed chunk in the middle of an upload resets it, and it never looks whole', async () => {
    await using gateway = await h2Over(() => [])
    await using client = await rawOpen(gateway.port)
    await client.write('PUT /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n')
    await gateway.far.waitForRequests(1)
    const [connection] = gateway.far.connections
    await eventually(() => dataBytes(connection!.frames) === 5)
    await client.write('zz\r\n')
    await eventually(() => connection!.resetOf(1) !== undefined)
    expect(connection!.frames.filter(endsStream)).toEqual([])
  })

  it('H-093 an upstream that grants no window holds the client back, and its stream is reset when time is up', async () => {
    await using gateway = await h2Over(() => [], { forward: { totalTimeoutMs: 500 } })
    await using client = await rawOpen(gateway.port)
    await client.write(`POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: ${64 << 20}\r\n\r\n`)
    let sent = 0
    const flow = async (): Promise<void> => {
      for (; sent < 64; sent += 1) await client.write(Buffer.alloc(1 << 20))
    }
    const flowing = flow().catch(() => {})
    await gateway.far.waitForRequests(1)
    const [connection] = gateway.far.connections
    // The window that every server starts with (RFC 9113 §6.9.2).
    await eventually(() => dataBytes(connection!.frames) === 65_535)
    expect(sent).toBeLessThan(32)
    await eventually(() => connection!.resetOf(1) === h2Error.cancel)
    client.destroy()
    await flowing
    await gateway.idle()
  })
})

/** Whether a frame says that the request is whole. */
function endsStream({ type, flags }: { readonly type: number; readonly flags: number }): boolean {
  return (type === 0 || type === 1) && (flags & 1) === 1
}

function dataBytes(frames: readonly { readonly type: number; readonly payload: Buffer }[]): number {
  return frames.filter(({ type }) => type === 0).reduce((sum, { payload }) => sum + payload.length, 0)
}
