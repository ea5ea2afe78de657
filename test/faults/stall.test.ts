import { spawn } from 'node:child_process'
import { setImmediate } from 'node:timers/promises'
import { createLimiter, type ExpressRateLimitStore, expressRateLimitStore, http2 } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { ask } from '../integration/client.js'
import { gatewayOver, transports } from '../integration/front.js'
import { startAt } from '../integration/restartable.js'
import { child } from '../support/child.js'
import { eventually } from '../support/index.js'

const STALL_MS = 1_500

/**
 * The app computes and lets nothing else run, as a large `JSON.parse` or a regular expression without end does. Where it does so from decides
 * what is looked at next: behind a callback of I/O, or of `setImmediate`, it is the timers; what was read meanwhile comes after them.
 */
async function stall(ms = STALL_MS): Promise<void> {
  await setImmediate()
  const until = performance.now() + ms
  while (performance.now() < until);
}

/** An upstream in a process of its own, which is not held up by ours: a chunk every 50 ms, so many of them. */
function streaming(chunks: number) {
  const code = `
    import http from 'node:http'
    const server = http.createServer((req, res) => {
      let left = ${chunks}
      const timer = setInterval(() => { res.write('0123456789'); if (--left === 0) { clearInterval(timer); res.end() } }, 50)
    })
    server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
  `
  return child({ code })
}

const unwatched = { health: { passive: false } } as const

describe.each(transports)('the event loop stands still for 1.5 s, over %s', (_name, make) => {
  it('a reply that came meanwhile is no timeout: what was read decides, not who is looked at first', async () => {
    await using far = await startAt(0, 150)
    await using front = await gatewayOver(make(), [`http://127.0.0.1:${far.port}`], {
      pool: unwatched,
      forward: { firstByteTimeoutMs: 500, retry: false },
    })
    for (let round = 0; round < 2; round++) {
      const asked = Promise.all([1, 2, 3].map(() => ask(front.port)))
      await eventually(() => front.endpoint(0).inFlight === 3)
      // Time for the requests to leave, and none for their replies.
      await new Promise((resolve) => setTimeout(resolve, 50))
      await stall()
      expect((await asked).map(({ status }) => status)).toEqual([200, 200, 200])
    }
  })

  it('the same holds for a limit of one try, and no second one is made', async () => {
    await using far = await startAt(0, 150)
    await using front = await gatewayOver(make(), [`http://127.0.0.1:${far.port}`], {
      pool: unwatched,
      forward: { retry: { attempts: 3, on: ['response-timeout'], perTryTimeoutMs: 500 } },
    })
    const asked = ask(front.port)
    await eventually(() => front.endpoint(0).inFlight === 1)
    await new Promise((resolve) => setTimeout(resolve, 50))
    await stall()
    expect((await asked).status).toBe(200)
    expect(front.attempts).toHaveLength(1)
  })

  it('a body whose bytes went on coming is not idle', async () => {
    await using far = await streaming(40)
    await using front = await gatewayOver(make(), [`http://127.0.0.1:${far.port}`], {
      pool: unwatched,
      forward: { idleTimeoutMs: 500 },
    })
    const asked = ask(front.port)
    await eventually(() => front.endpoint(0).inFlight === 1)
    await new Promise((resolve) => setTimeout(resolve, 200))
    await stall()
    expect((await asked).body).toBe('0123456789'.repeat(40))
  })

  it('one that does not answer is still found out, after it', async () => {
    await using far = await startAt(0, 60_000)
    await using front = await gatewayOver(make(), [`http://127.0.0.1:${far.port}`], {
      pool: unwatched,
      forward: { firstByteTimeoutMs: 500, retry: false },
    })
    const asked = ask(front.port)
    await eventually(() => front.endpoint(0).inFlight === 1)
    await new Promise((resolve) => setTimeout(resolve, 50))
    await stall()
    expect((await asked).status).toBe(504)
  })

  it('a deadline for all of a request is a deadline: it says 504, whoever was slow', async () => {
    await using far = await startAt(0, 3_000)
    await using front = await gatewayOver(make(), [`http://127.0.0.1:${far.port}`], {
      pool: unwatched,
      forward: { totalTimeoutMs: 1_000 },
    })
    const asked = ask(front.port)
    await eventually(() => front.endpoint(0).inFlight === 1)
    await stall()
    expect((await asked).status).toBe(504)
    await front.atRest()
  })
})

describe('H-108 health checks while the event loop stands still', () => {
  it.each([
    ['http', { path: '/' }],
    ['tcp', { probe: 'tcp' }],
  ] as const)('over %s: our own stall takes nobody out, though one bad answer would', async (_kind, probe) => {
    const all = await Promise.all([startAt(0, 60), startAt(0, 60), startAt(0, 60)])
    const endpoints = all.map(({ port }) => `http://127.0.0.1:${port}`)
    await using front = await gatewayOver(transports[0]![1](), endpoints, {
      pool: { health: { active: { ...probe, intervalMs: 30, timeoutMs: 400, fall: 1 } } },
    })
    let probes = 0
    front.hub.on('probe', () => probes++)
    for (let round = 0; round < 6; round++) {
      const before = probes
      await eventually(() => probes > before + 2)
      await stall(700)
    }
    await eventually(() => probes > 30)
    expect(front.changes).toEqual([])
    // Whom nothing answers for is found out all the same.
    all[0]!.process.kill('SIGSTOP')
    if (_kind === 'http') await eventually(() => front.changes.length > 0, { timeoutMs: 5_000 })
    all[0]!.process.kill('SIGCONT')
    await Promise.all(all.map((each) => each.stop()))
  })
})

describe('who else waits for an answer while the event loop stands still', () => {
  it('over http2, a PING that was answered meanwhile keeps the connection', async () => {
    const code = `
      import http2 from 'node:http2'
      const server = http2.createServer((req, res) => setTimeout(() => res.end('ok'), 1_800))
      server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
    `
    await using far = await child({ code })
    await using front = await gatewayOver(
      http2({ pingIntervalMs: 50, pingTimeoutMs: 400 }),
      [`http://127.0.0.1:${far.port}`],
      {
        pool: unwatched,
        forward: { retry: false },
      },
    )
    const asked = ask(front.port)
    await eventually(() => front.endpoint(0).inFlight === 1)
    await new Promise((resolve) => setTimeout(resolve, 100))
    // So that a PING is on its way when we stand still, and its answer comes while we do.
    far.process.kill('SIGSTOP')
    spawn('sh', ['-c', `sleep 0.4; kill -CONT ${far.process.pid}`])
    await new Promise((resolve) => setTimeout(resolve, 150))
    await stall(1_000)
    expect((await asked).status).toBe(200)
  })

  it("a limit's store that has answered meanwhile is not left alone for it", async () => {
    await using far = await startAt(0, 100)
    const store: ExpressRateLimitStore = {
      async increment() {
        await ask(far.port)
        return { totalHits: 1, resetTime: undefined }
      },
      decrement() {},
      resetKey() {},
    }
    const limiter = createLimiter({
      name: 'stalled',
      algorithm: 'fixed-window',
      limit: 5,
      windowMs: 60_000,
      store: expressRateLimitStore(store, { timeoutMs: 400 }),
      onStoreError: 'open',
    })
    const taken = limiter.take('a')
    await new Promise((resolve) => setTimeout(resolve, 60))
    await stall(1_000)
    expect((await taken).degraded).toBeUndefined()
    expect((await limiter.take('a')).degraded).toBeUndefined()
  })
})
