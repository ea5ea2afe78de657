import { describe, expect, it } from 'vitest'
import { drained } from '../support/drained.js'
import { eventually, faultyUpstream, sink, upstream } from '../support/index.js'
import { rawOpen } from '../support/raw-open.js'
import { ask, load } from './client.js'
import { gatewayOver, transports } from './front.js'

/** Does something `count` times, 50 at a time. */
async function many(count: number, run: (at: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) await run(next++)
  }
  await Promise.all(Array.from({ length: 50 }, worker))
}

/** Loads what is loaded at first use, so that its files are open before they are counted. */
async function warmUp(make: (typeof transports)[number][1]): Promise<void> {
  await using far = await upstream()
  await using front = await gatewayOver(make(), [far.url])
  await load(front.port, 10)
}

const HALF = 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf'

describe.each(transports)('what is left behind over %s', (_name, make) => {
  it('H-116 H-118 10,000 requests and 1,000 aborted ones leave no socket, timer, listener or lease', async () => {
    await warmUp(make)
    const gone = drained({ timeoutMs: 10_000, emitters: { process } })
    {
      await using far = await upstream((_request, response) => void response.end('{"ok":true}'), { record: false })
      await using half = await sink([HALF, 'stall'], { keep: 0 })
      await using front = await gatewayOver(make(), [far.url], { record: false })
      await using broken = await gatewayOver(make(), [half.url], { record: false })
      expect(await load(front.port, 10_000)).toEqual({ '200': 10_000 })
      await many(1_000, async (at) => {
        await using client = await rawOpen(broken.port)
        await client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\npart')
        // In the middle of the reply, of the upload, or of neither.
        if (at % 3 === 0) await client.waitFor('half')
        if (at % 2 === 0) client.reset()
      })
      for (const each of [front, broken]) {
        await each.atRest()
        expect([each.endpoint(0).inFlight, each.gateway.traffic.requests, each.gateway.traffic.tunnels]).toEqual([
          0, 0, 0,
        ])
      }
      await eventually(() => half.openConnections() === 0)
      // What was aborted is not kept, and what is kept is no more than there were requests at once.
      expect(far.connections).toBeLessThanOrEqual(32)
    }
    await gone()
  }, 90_000)

  it.each([
    ['refused', 502, () => faultyUpstream('refuse')],
    ['reset before the reply', 502, () => faultyUpstream('reset-at', { at: 0 })],
    ['reset in the middle', 'broken', () => faultyUpstream('reset-at', { at: 80 })],
    ['ended in the middle', 'broken', () => faultyUpstream('end-at', { at: 80 })],
    ['garbage', 502, () => faultyUpstream('garbage')],
    ['no reply in time', 504, () => faultyUpstream('stall')],
  ] as const)(
    'H-118 1,000 × %s leave no file descriptor',
    async (_what, expected, fault) => {
      await warmUp(make)
      const gone = drained({ timeoutMs: 5_000 })
      {
        await using far = await fault()
        await using front = await gatewayOver(make(), [far.url], {
          pool: { health: { passive: false }, retryBudget: { ratio: 0, minPerSecond: 0 } },
          forward: { firstByteTimeoutMs: expected === 504 ? 20 : 10_000 },
          record: false,
        })
        const results: Record<string, number> = {}
        await many(1_000, async () => {
          const what = await ask(front.port).then(
            ({ status }) => status,
            () => 'broken',
          )
          results[what] = (results[what] ?? 0) + 1
        })
        expect(results).toEqual({ [expected]: 1_000 })
        await front.atRest()
      }
      await gone()
    },
    60_000,
  )
})
