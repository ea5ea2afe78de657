import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { aimdLimit, gradientLimit } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { load } from './client.js'
import { gatewayOver, transports } from './front.js'

const REQUESTS = 2_000
const CLIENTS = 64

/** Works on `workers` requests of 5 ms at a time; past `room`, those who wait included, it answers 503. */
async function busyUpstream({ workers, room }: { readonly workers: number; readonly room: number }) {
  const line: (() => void)[] = []
  let inside = 0
  let most = 0
  let refused = 0
  const server = createServer((_request, response) => {
    if (inside === room) {
      refused++
      response.writeHead(503).end()
      return
    }
    most = Math.max(most, ++inside)
    const work = (): void => {
      setTimeout(() => {
        inside--
        response.end('ok')
        line.shift()?.()
      }, 5)
    }
    if (inside <= workers) work()
    else line.push(work)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get refused() {
      return refused
    },
    get most() {
      return most
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe.each(transports)('an endpoint that is given more than it can do, over %s', (_, make) => {
  it('is spared by aimdLimit: the rest waits, and hardly anything is refused', async () => {
    await using far = await busyUpstream({ workers: 8, room: 24 })
    const queue = { limit: CLIENTS, timeoutMs: 30_000 }
    const health = { passive: false } as const
    await using without = await gatewayOver(make(), [far.url], { pool: { queue, health }, record: false })
    await load(without.port, REQUESTS, { concurrency: CLIENTS })
    expect(far.refused).toBeGreaterThan(REQUESTS / 4)

    const before = far.refused
    const concurrency = aimdLimit({ initialLimit: 8 })
    await using front = await gatewayOver(make(), [far.url], { pool: { queue, health, concurrency }, record: false })
    const answers = await load(front.port, REQUESTS, { concurrency: CLIENTS })
    expect(far.refused - before).toBeLessThan(REQUESTS / 20)
    expect(answers['200']).toBeGreaterThan(REQUESTS * 0.95)
    await front.atRest()
  }, 60_000)

  it('is spared by gradientLimit before it refuses anything', async () => {
    await using far = await busyUpstream({ workers: 8, room: 60 })
    const queue = { limit: CLIENTS, timeoutMs: 30_000 }
    const concurrency = gradientLimit({ initialLimit: 6 })
    await using front = await gatewayOver(make(), [far.url], { pool: { queue, concurrency }, record: false })
    expect(await load(front.port, REQUESTS, { concurrency: CLIENTS })).toEqual({ '200': REQUESTS })
    expect([far.refused, far.most < 60, far.most >= 8]).toEqual([0, true, true])
    await front.atRest()
  }, 60_000)
})
