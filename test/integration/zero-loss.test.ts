import { describe, expect, it } from 'vitest'
import { eventually } from '../support/index.js'
import { load } from './client.js'
import { gatewayOver, transports } from './front.js'
import { startAt } from './restartable.js'

const REQUESTS = 20_000

describe.each(transports)('three upstreams over %s', (_name, make) => {
  it('not one of 20,000 requests fails while one of them is killed and restarted twice', async () => {
    await using one = await startAt()
    await using two = await startAt()
    let victim = await startAt()
    const { port } = victim
    const endpoints = [one.port, two.port, port].map((each) => `http://127.0.0.1:${each}`)
    const health = { active: { intervalMs: 50, rise: 2, fall: 2 } }
    await using front = await gatewayOver(make(), endpoints, { pool: { health }, record: false })
    let retries = 0
    front.hub.on('retry', () => retries++)
    const served = (): number => front.endpoint(2).attempts
    const seen: number[] = []

    let sent = 0
    const passed = (share: number): Promise<unknown> =>
      eventually(() => sent >= REQUESTS * share, { timeoutMs: 60_000 })
    const kills = async (): Promise<void> => {
      for (const share of [0.15, 0.55]) {
        await passed(share)
        seen.push(served())
        victim.process.kill('SIGKILL')
        await victim.exit
        await eventually(() => !front.endpoint(2).available, { timeoutMs: 10_000 })
        await passed(share + 0.15)
        victim = await startAt(port)
        await eventually(() => front.endpoint(2).available, { timeoutMs: 10_000 })
      }
    }
    const [results] = await Promise.all([
      load(front.port, REQUESTS, {
        each: (at) => {
          sent = at
        },
      }),
      kills(),
    ])
    expect(results).toEqual({ '200': REQUESTS })
    // It did its share before, in between and after; and requests did meet its end.
    expect(seen[0]).toBeGreaterThan(500)
    expect(seen[1]! - seen[0]!).toBeGreaterThan(500)
    expect(served() - seen[1]!).toBeGreaterThan(500)
    expect(retries).toBeGreaterThan(0)
    expect(front.changes.map((each) => each.split(' ')[1])).toEqual(['down', 'up', 'down', 'up'])
    await front.atRest()
    await victim.stop()
  }, 90_000)
})
