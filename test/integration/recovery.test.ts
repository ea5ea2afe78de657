import { describe, expect, it } from 'vitest'
import type { Child } from '../support/child.js'
import { eventually } from '../support/index.js'
import { ask, load } from './client.js'
import { type Front, gatewayOver, transports } from './front.js'
import { startAt } from './restartable.js'

async function kill(victim: Child): Promise<void> {
  victim.process.kill('SIGKILL')
  await victim.exit
}

const health = { active: { intervalMs: 50, rise: 2, fall: 2 } }
const retry = { attempts: 4, on: ['conn-failure', 'empty-response'] } as const

/** Sends GETs until `work` is done, then a few more; tells how many of each status or error came back. */
async function meanwhile(front: Front, work: () => Promise<void>): Promise<Record<string, number>> {
  let over = false
  const tally: Record<string, number> = {}
  const traffic = (async () => {
    while (!over) {
      for (const [what, count] of Object.entries(await load(front.port, 500, { concurrency: 16 })))
        tally[what] = (tally[what] ?? 0) + count
    }
  })()
  await work()
  over = true
  await traffic
  return tally
}

describe.each(transports)('recovery over %s', (_name, make) => {
  it('loses no GET while an upstream goes and comes every two seconds', async () => {
    await using one = await startAt()
    await using two = await startAt()
    let flapping = await startAt()
    const { port } = flapping
    const endpoints = [one.port, two.port, port].map((each) => `http://127.0.0.1:${each}`)
    await using front = await gatewayOver(make(), endpoints, { pool: { health }, forward: { retry }, record: false })
    const before = performance.now()
    const tally = await meanwhile(front, async () => {
      for (let flap = 1; flap <= 3; flap++) {
        await eventually(() => performance.now() - before > flap * 2_000 - 1_000, { timeoutMs: 10_000 })
        await kill(flapping)
        await eventually(() => performance.now() - before > flap * 2_000, { timeoutMs: 10_000 })
        flapping = await startAt(port)
      }
    })
    expect(Object.keys(tally)).toEqual(['200'])
    await front.atRest()
    await flapping.stop()
  }, 60_000)

  it('loses no GET while all endpoints are restarted one after the other', async () => {
    const all = await Promise.all([startAt(), startAt(), startAt()])
    const ports = all.map(({ port }) => port)
    const endpoints = ports.map((each) => `http://127.0.0.1:${each}`)
    await using front = await gatewayOver(make(), endpoints, { pool: { health }, forward: { retry }, record: false })
    const tally = await meanwhile(front, async () => {
      for (const [at, port] of ports.entries()) {
        await kill(all[at]!)
        await eventually(() => !front.endpoint(at).available, { timeoutMs: 10_000 })
        all[at] = await startAt(port)
        await eventually(() => front.endpoint(at).available, { timeoutMs: 10_000 })
      }
    })
    expect(Object.keys(tally)).toEqual(['200'])
    expect(front.pool.endpoints.every(({ attempts }) => attempts > 100)).toBe(true)
    await front.atRest()
    await Promise.all(all.map((each) => each.stop()))
  }, 60_000)

  it('answers 503 with Retry-After at once while nobody is up, and the first request after recovery', async () => {
    const all = await Promise.all([startAt(), startAt(), startAt()])
    const ports = all.map(({ port }) => port)
    const endpoints = ports.map((each) => `http://127.0.0.1:${each}`)
    await using front = await gatewayOver(make(), endpoints, { pool: { health } })
    expect((await ask(front.port)).status).toBe(200)
    await Promise.all(all.map(kill))
    await eventually(() => front.pool.endpoints.every(({ available }) => !available), { timeoutMs: 10_000 })
    for (let nth = 0; nth < 20; nth++) {
      const before = performance.now()
      const { status, headers } = await ask(front.port)
      expect([status, headers['retry-after']]).toEqual([503, '1'])
      expect(performance.now() - before).toBeLessThan(200)
    }
    const back = await startAt(ports[1])
    await eventually(() => front.endpoint(1).available, { timeoutMs: 10_000 })
    for (let nth = 0; nth < 20; nth++) expect((await ask(front.port)).status).toBe(200)
    await front.atRest()
    await back.stop()
  }, 60_000)

  it('loses no GET to one endpoint of three that hangs: each try has its own time', async () => {
    await using one = await startAt()
    await using two = await startAt()
    await using slow = await startAt(0, 60_000)
    const endpoints = [one.port, two.port, slow.port].map((each) => `http://127.0.0.1:${each}`)
    const patient = { attempts: 3, on: ['response-timeout'], perTryTimeoutMs: 200 } as const
    await using front = await gatewayOver(make(), endpoints, { forward: { retry: patient }, record: false })
    const tally = await load(front.port, 200, { concurrency: 8 })
    expect(tally).toEqual({ '200': 200 })
    await front.atRest()
  }, 60_000)
})
