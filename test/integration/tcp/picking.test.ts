import { type Balancer, type Endpoint, type Exchange, stateKey } from 'edgewise'
import { clientHello } from 'edgewise/tcp'
import { describe, expect, it } from 'vitest'
import { eventually, faultyUpstream } from '../../support/index.js'
import { raw } from '../../support/raw.js'
import { balancerOver, far } from './front.js'

const header = (address: string): string => `PROXY TCP4 ${address} 192.0.2.254 5000 443\r\n`

/** The endpoint whose number the last part of the client's address is. */
function byClient(seen: Exchange[]): Balancer<Endpoint> {
  let all: readonly Endpoint[] = []
  return {
    name: 'byClient',
    rebuild: (endpoints) => {
      all = endpoints
    },
    pick(exchange, skip) {
      seen.push(exchange!)
      const chosen = all[Number(exchange!.client.address.split('.')[3]) % all.length]!
      return skip(chosen) ? undefined : chosen
    },
  }
}

describe('a balancer', () => {
  it("of one's own picks by the client that the PROXY header tells", async () => {
    const name = (text: string) => far((socket) => void socket.on('data', () => socket.end(text)))
    await using zero = await name('zero')
    await using one = await name('one')
    const seen: Exchange[] = []
    await using front = await balancerOver(
      [zero.url, one.url],
      { proxyProtocol: { from: ['loopback'] } },
      { balancer: byClient(seen) },
    )
    for (const [address, expected] of [
      ['192.0.2.0', 'zero'],
      ['192.0.2.1', 'one'],
      ['192.0.2.3', 'one'],
      ['192.0.2.8', 'zero'],
    ] as const)
      expect((await raw(front.port, [`${header(address)}x`, 'end'])).text).toBe(expected)
    expect(seen.map(({ client, route }) => [client.address, client.peer, route])[0]).toEqual([
      '192.0.2.0',
      '127.0.0.1',
      'default',
    ])
    expect(seen[0]!.get(clientHello)).toBeUndefined()
  })

  it('hears of each attempt once, with its bytes and times', async () => {
    await using upstream = await far()
    await using front = await balancerOver([upstream.url])
    const attempts: unknown[] = []
    front.events.on('attempt', ({ outcome }) => attempts.push(outcome))
    await raw(front.port, ['hello', 'end'])
    await front.atRest()
    expect(attempts).toEqual([
      {
        endpoint: upstream.url,
        status: null,
        error: null,
        reusedConnection: false,
        bytes: { in: 5, out: 5 },
        countsAgainst: false,
        times: {
          startedAt: expect.any(Number),
          connectedAt: expect.any(Number),
          firstByteAt: expect.any(Number),
          lastByteAt: expect.any(Number),
        },
      },
    ])
    expect(front.outcomes[0]!.times).toMatchObject({ connected: expect.any(Number), firstByte: expect.any(Number) })
  })

  it('shares the exchange with whoever listens for its end', async () => {
    await using upstream = await far()
    const key = stateKey<string>('note')
    let settled = 0
    const noting: Balancer<Endpoint> = {
      ...byClient([]),
      pick(exchange) {
        exchange!.set(key, 'mine')
        exchange!.onSettled(({ bytes }) => {
          settled += bytes.in
        })
        return front.pool.endpoints[0]
      },
    }
    await using front = await balancerOver([upstream.url], {}, { balancer: noting })
    let told: unknown
    front.events.on('connection', ({ exchange }) => {
      told = exchange.get(key)
    })
    await raw(front.port, ['hello', 'end'])
    await front.atRest()
    expect([told, settled]).toEqual(['mine', 5])
  })
})

describe('health', () => {
  it('probes tcp: endpoints, and leaves one that is down alone until it is back', async () => {
    await using refusing = await faultyUpstream('refuse')
    await using good = await far()
    await using front = await balancerOver(
      [`tcp://127.0.0.1:${refusing.port}`, good.url],
      {},
      { health: { active: { probe: 'tcp', intervalMs: 20, fall: 1, rise: 1, jitter: 0 } } },
    )
    await eventually(() => !front.pool.endpoints[0]!.available)
    for (let at = 0; at < 5; at++) expect((await raw(front.port, ['x', 'end'])).text).toBe('x')
    expect(front.outcomes.every(({ attempts }) => attempts.length === 1)).toBe(true)
  })
})
