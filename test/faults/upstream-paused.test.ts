import { describe, expect, it } from 'vitest'
import { ask, load } from '../integration/client.js'
import { gatewayOver, transports } from '../integration/front.js'
import { startAt } from '../integration/restartable.js'
import { type Child, eventually } from '../support/index.js'

const urlOf = ({ port }: Child): string => `http://127.0.0.1:${port}`

/** It keeps its port and its connections, the kernel goes on accepting for it, and it says nothing: as a machine does that swaps. */
function pause(far: Child): void {
  far.process.kill('SIGSTOP')
}

function resume(far: Child): void {
  far.process.kill('SIGCONT')
}

describe.each(transports)('an upstream stands still (SIGSTOP), over %s', (_name, make) => {
  it('checks take it out and bring it back; a GET that it holds up goes to another one when its try is over', async () => {
    await using one = await startAt()
    await using two = await startAt()
    await using front = await gatewayOver(make(), [urlOf(one), urlOf(two)], {
      pool: { health: { active: { intervalMs: 50, timeoutMs: 300, rise: 2, fall: 2 }, passive: false } },
      forward: { retry: { attempts: 3, on: ['response-timeout'], perTryTimeoutMs: 300 } },
      record: false,
    })
    expect(await load(front.port, 20, { concurrency: 4 })).toEqual({ '200': 20 })
    pause(one)
    expect(await load(front.port, 20, { concurrency: 4 })).toEqual({ '200': 20 })
    await eventually(() => !front.endpoint(0).available, { timeoutMs: 10_000 })
    const before = front.endpoint(0).attempts
    expect(await load(front.port, 100, { concurrency: 4 })).toEqual({ '200': 100 })
    expect(front.endpoint(0).attempts).toBe(before)
    resume(one)
    await eventually(() => front.endpoint(0).available, { timeoutMs: 10_000 })
    // What it answers late to those who gave up is nobody's.
    expect(await load(front.port, 100, { concurrency: 4 })).toEqual({ '200': 100 })
    expect(front.endpoint(0).attempts).toBeGreaterThan(before)
    await front.atRest()
  }, 30_000)

  it('without checks: 504 in time, then it is left alone for a while', async () => {
    await using one = await startAt()
    await using front = await gatewayOver(make(), [urlOf(one)], {
      pool: { health: { passive: { cooldownMs: 200 } } },
      forward: { firstByteTimeoutMs: 300 },
    })
    expect((await ask(front.port)).status).toBe(200)
    pause(one)
    expect((await ask(front.port)).status).toBe(504)
    resume(one)
    await eventually(async () => (await ask(front.port)).status === 200)
    await front.atRest()
  })

  it('in the middle of an upload: what it does not read is not kept here, and the client gets a 504', async () => {
    await using one = await startAt()
    pause(one)
    await using front = await gatewayOver(make(), [urlOf(one)], {
      pool: { health: { passive: false } },
      forward: { firstByteTimeoutMs: 500, idleTimeoutMs: 500 },
    })
    const before = process.memoryUsage().arrayBuffers
    const body = Buffer.alloc(48 * 1024 * 1024)
    // The reply may come before all of the body could be sent.
    const status = await ask(front.port, '/', { method: 'POST', body }).then(
      (answer) => answer.status,
      (error) => error.code,
    )
    expect([504, 'EPIPE', 'ECONNRESET']).toContain(status)
    expect(front.outcomes.map((outcome) => outcome.status)).toEqual([504])
    expect(process.memoryUsage().arrayBuffers - before - body.length).toBeLessThan(16 * 1024 * 1024)
    resume(one)
    await front.atRest()
  })
})
