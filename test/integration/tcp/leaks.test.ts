import { connect } from 'node:net'
import { leastConnections, random, roundRobin } from 'edgewise'
import { describe, expect, it, vi } from 'vitest'
import { child } from '../../support/child.js'
import { drained } from '../../support/drained.js'
import { faultyUpstream } from '../../support/index.js'
import { sourceLoader } from '../../support/source-loader.js'
import { helloMessage, records, serverName } from '../../unit/tcp/hellos.js'
import { balancerOver, far } from './front.js'

const HEADER = 'PROXY TCP4 192.0.2.1 192.0.2.2 5000 443\r\n'
const HELLO = records(helloMessage([serverName('a.b')]))

/** One connection that ends in one of several ways. */
function once(port: number, at: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: at % 2 === 0 })
    socket.on('error', () => {})
    socket.on('close', () => resolve())
    socket.on('end', () => socket.end())
    socket.resume()
    const start = at % 7 === 0 ? HEADER.slice(0, 20) : HEADER
    socket.on('connect', () => {
      socket.write(at % 11 === 0 ? 'garbage' : start)
      if (at % 5 === 0) socket.resetAndDestroy()
      else if (at % 3 === 0) socket.end(HELLO)
      else {
        socket.write(HELLO)
        socket.on('data', () => (at % 4 === 0 ? socket.resetAndDestroy() : socket.end()))
        if (at % 7 === 0) socket.end()
      }
    })
  })
}

async function many(count: number, run: (at: number) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) await run(next++)
  }
  await Promise.all(Array.from({ length: 50 }, worker))
}

describe('what is left behind', () => {
  it.each([
    [10_000, 'leastConnections', leastConnections],
    [1_000, 'roundRobin', roundRobin],
    [1_000, 'random', random],
  ] as const)(
    'H-110 H-116 H-118 %i connections that end in all ways leave no socket, timer, listener or lease: %s',
    async (count, _name, make) => {
      const gone = drained({ timeoutMs: 10_000, emitters: { process } })
      {
        await using one = await far()
        await using two = await far((socket, index) =>
          index % 3 === 0 ? socket.once('data', () => socket.resetAndDestroy()) : socket.pipe(socket),
        )
        await using refusing = await faultyUpstream('refuse')
        await using front = await balancerOver(
          [one.url, two.url, `tcp://127.0.0.1:${refusing.port}`],
          {
            proxyProtocol: { from: ['loopback'] },
            sendProxyProtocol: 'v2',
            maxConnectionsPerClient: 40,
            prereadTimeoutMs: 1_000,
          },
          { balancer: make(), health: { passive: false } },
        )
        const server = front.balancer
        await many(count, (at) => once(front.port, at))
        await front.atRest()
        expect([server.connections, front.outcomes.length]).toEqual([0, count])
        expect([...new Set(front.outcomes.map(({ error }) => error?.code ?? 'ok'))]).toEqual(
          expect.arrayContaining(['ok', 'ERR_EDGE_PROXY_HEADER', 'ERR_EDGE_CLIENT_CLOSED', 'ERR_EDGE_UPSTREAM_RESET']),
        )
        expect(front.pool.endpoints.map(({ inFlight }) => inFlight)).toEqual([0, 0, 0])
      }
      await gone()
    },
    60_000,
  )

  it('H-116 every look for silence ends with its connection: these timers hold no process, so that only counting them shows', async () => {
    const made = vi.spyOn(globalThis, 'setInterval')
    const cleared = vi.spyOn(globalThis, 'clearInterval')
    try {
      await using upstream = await far()
      await using front = await balancerOver([upstream.url], { idleTimeoutMs: 400_004 })
      await many(100, (at) => once(front.port, at))
      await front.atRest()
      const ours = made.mock.results.filter((_, at) => made.mock.calls[at]![1] === 100_001).map(({ value }) => value)
      expect(ours.length).toBeGreaterThan(50)
      const over = new Set<unknown>(cleared.mock.calls.map(([timer]) => timer))
      expect(ours.filter((timer) => !over.has(timer))).toEqual([])
    } finally {
      made.mockRestore()
      cleared.mockRestore()
    }
  })

  it('H-116 the process exits by itself after close(), and without it when nothing is under way', async () => {
    const code = (rest: string): string => `
      import { createPool } from 'edgewise'
      import { createTcpBalancer } from 'edgewise/tcp'
      import net from 'node:net'
      const pool = createPool({ name: 'far', endpoints: ['tcp://127.0.0.1:9'], health: { active: { probe: 'tcp', intervalMs: 60_000 } } })
      const balancer = createTcpBalancer({ pool, idleTimeoutMs: 3_600_000 })
      ${rest}
      console.log('READY 0')
    `
    const closed = `
      const server = await balancer.listen({ port: 0, host: '127.0.0.1' })
      const client = net.connect(server.address().port, '127.0.0.1')
      await new Promise((resolve) => client.once('close', resolve))
      await balancer.close()
    `
    for (const rest of ['', closed]) {
      await using process = await child({ code: code(rest) }, { imports: [sourceLoader] })
      expect([await process.exit, process.stderr]).toEqual([{ code: 0, signal: null }, ''])
    }
  })
})
