import { compress, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { afterReplies, parseReplies, rawOpen, sink } from '../../support/index.js'
import { gatewayOver, transports } from '../front.js'

const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n'

describe.each(transports)('an event stream through a gateway that closes, over %s', (_name, make) => {
  it('H-113 ends behind an event, whole and at once, and its upstream is let go', async () => {
    await using far = await sink(['waitBody', HEAD, chunk('data: 1\n\n'), 'stall'])
    await using front = await gatewayOver(make(), [far.url])
    await using client = await rawOpen(front.port)
    await client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await client.waitFor('data: 1')
    const began = performance.now()
    await front.gateway.close({ graceMs: 60_000 })
    await client.waitFor(afterReplies(1))
    const [answer] = parseReplies(client.bytes)
    expect([answer!.complete, answer!.body.toString()]).toEqual([true, 'data: 1\n\n'])
    expect(performance.now() - began).toBeLessThan(5_000)
    await far.connections[0]!.gone
    expect(front.outcomes[0]).toMatchObject({ status: 200, termination: { who: null, phase: 'done' } })
  })

  it('H-113 lets the event under way come to its end', async () => {
    const rest = Promise.withResolvers<void>()
    await using far = await sink([
      ...(['waitBody', HEAD, chunk('data: 1\ndata: ')] as const),
      () => rest.promise,
      ...([chunk('2\n\ndata: 3\n\n'), 'stall'] as const),
    ])
    await using front = await gatewayOver(make(), [far.url])
    await using client = await rawOpen(front.port)
    await client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await client.waitFor('data: 1')
    const closed = front.gateway.close({ graceMs: 60_000 })
    rest.resolve()
    await closed
    await client.waitFor(afterReplies(1))
    expect(parseReplies(client.bytes)[0]!.body.toString()).toBe('data: 1\ndata: 2\n\n')
  })

  it('H-113 ends also where it is compressed on the way, and when its upstream is silent in the middle of an event', async () => {
    await using far = await sink(['waitBody', HEAD, chunk('data: 1\n'), 'stall'])
    for (const filters of [[], [compress({ threshold: 0 })]]) {
      await using front = await gatewayOver(make(), [far.url], { gateway: { filters } as never })
      await using client = await rawOpen(front.port)
      await client.write('GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n')
      await client.waitFor(/\r\n\r\n[0-9a-f]+\r\n/)
      await front.gateway.close({ graceMs: 60_000 })
      await client.waitFor(afterReplies(1))
    }
  })
})

describe('other streams', () => {
  it('are waited for: an end would look like all of it', async () => {
    await using far = await sink(['waitBody', HEAD.replace('event-stream', 'plain'), chunk('half'), 'stall'])
    await using front = await gatewayOver(transports[0]![1](), [far.url])
    await using client = await rawOpen(front.port)
    await client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await client.waitFor('half')
    await front.gateway.close({ graceMs: 100 })
    await client.closed
    expect(parseReplies(client.bytes, { closed: true })[0]!.complete).toBe(false)
  })

  it('that are event streams of an own handler end, too', async () => {
    await using far = await sink(['stall'])
    const { PassThrough } = await import('node:stream')
    const events = new PassThrough()
    events.write('data: own\n\n')
    const handler = async () => reply(200, events, { 'content-type': 'text/event-stream' })
    await using front = await gatewayOver(transports[0]![1](), [far.url], {
      gateway: { routes: [{ path: '/**', handler }] },
    })
    await using client = await rawOpen(front.port)
    await client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await client.waitFor('own')
    await front.gateway.close({ graceMs: 60_000 })
    await client.waitFor(afterReplies(1))
    expect(events.destroyed).toBe(true)
  })
})
