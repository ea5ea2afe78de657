import Consul from 'consul'
import { type ConsulDiscoveryOptions, consulDiscovery } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../support/index.js'
import { type ConsulAgent, consulAgent } from './consul-agent.js'
import { follow } from './follow.js'

const entry = (address: string, port: number, more: { status?: string; weights?: object; zone?: string } = {}) => ({
  Node: { Node: 'n1', Address: '10.9.9.9', Locality: { Zone: 'node-zone' } },
  Service: {
    Service: 'users',
    Address: address,
    Port: port,
    Weights: more.weights ?? { Passing: 1, Warning: 1 },
    ...(more.zone !== undefined && { Locality: { Zone: more.zone } }),
  },
  Checks: [{ Status: 'passing' }, { Status: more.status ?? 'passing' }],
})

/** The real client, at the agent of the test. */
function discovery(agent: ConsulAgent, options: Partial<ConsulDiscoveryOptions> = {}) {
  return consulDiscovery({ consul: new Consul({ host: '127.0.0.1', port: agent.port }), service: 'users', ...options })
}

const indices = (agent: ConsulAgent) => agent.requests.map(({ query }) => query['index'] ?? '-').join(' ')

describe('Consul as a source of endpoints, by its own client over HTTP', () => {
  it('asks once at once, and then waits for each change', async () => {
    await using agent = await consulAgent()
    agent.set([entry('10.0.0.2', 80, { weights: { Passing: 5, Warning: 1 }, zone: 'eu-1b' }), entry('', 81)])
    using seen = follow(discovery(agent, { tag: 'v2', dc: 'dc1' }))
    await seen.has('http://10.0.0.2:80', 'http://10.9.9.9:81')
    expect(seen.lists[0]).toEqual([
      { url: 'http://10.0.0.2:80', weight: 5, zone: 'eu-1b' },
      { url: 'http://10.9.9.9:81', weight: 1, zone: 'node-zone' },
    ])
    expect(agent.requests[0]).toEqual({
      path: '/v1/health/service/users',
      query: { passing: 'true', tag: 'v2', dc: 'dc1' },
    })
    await eventually(() => agent.waiting === 1)
    expect(agent.requests[1]!.query).toMatchObject({ index: '11', wait: '300000ms' })
    agent.set([entry('10.0.0.3', 80)])
    await seen.has('http://10.0.0.3:80')
    await eventually(() => agent.waiting === 1)
    agent.set([])
    await seen.has()
    await eventually(() => agent.waiting === 1)
    expect(indices(agent)).toBe('- 11 12 13')
    expect(seen.failures).toEqual([])
  })

  it('tells nothing new when the index moves and the endpoints do not, or when the wait ends', async () => {
    await using agent = await consulAgent()
    agent.set([entry('10.0.0.1', 80)])
    using seen = follow(discovery(agent, { waitMs: 1_000 }))
    await eventually(() => agent.waiting === 1)
    agent.set([entry('10.0.0.1', 80)])
    await eventually(() => agent.requests.length === 3)
    await eventually(() => agent.requests.length === 4, { timeoutMs: 3_000 })
    expect(indices(agent)).toBe('- 11 12 12')
    expect(seen.lists).toHaveLength(1)
  })

  it('starts over when the index goes backwards, as after a restored snapshot', async () => {
    await using agent = await consulAgent()
    agent.set([entry('10.0.0.1', 80)], 500)
    using seen = follow(discovery(agent))
    await eventually(() => agent.waiting === 1)
    agent.set([entry('10.0.0.2', 80)], 3)
    await seen.has('http://10.0.0.2:80')
    await eventually(() => agent.waiting === 1)
    expect(indices(agent)).toBe('- 500 - 3')
  })

  it.each([['0'], [undefined], ['nonsense'], ['-4']])(
    'does not ask without pause when the index is %j',
    async (index) => {
      await using agent = await consulAgent()
      agent.set([entry('10.0.0.1', 80)], 1)
      agent.claim(index)
      using seen = follow(discovery(agent))
      await eventually(() => agent.waiting === 1)
      expect(indices(agent)).toBe('- 1')
      await seen.has('http://10.0.0.1:80')
    },
  )

  it('keeps an index that a double cannot hold', async () => {
    await using agent = await consulAgent()
    agent.claim('18446744073709551615')
    using _seen = follow(discovery(agent))
    await eventually(() => agent.waiting === 1)
    expect(indices(agent)).toBe('- 18446744073709551615')
  })

  it('with passing: false takes those that warn by their weight for that, and never a critical one', async () => {
    await using agent = await consulAgent()
    const weights = { Passing: 10, Warning: 2 }
    const [passing, warning, critical] = ['passing', 'warning', 'critical'].map((status, at) =>
      entry(`10.0.0.${at + 1}`, 80, { status, weights }),
    )
    agent.set([passing!, warning!, critical!])
    using seen = follow(discovery(agent, { passing: false }))
    await eventually(() => seen.lists.length > 0)
    expect(agent.requests[0]!.query).toEqual({})
    expect(seen.lists[0]).toMatchObject([
      { url: 'http://10.0.0.1:80', weight: 10 },
      { url: 'http://10.0.0.2:80', weight: 2 },
    ])
  })

  it.each([
    ['a 500', 500, /internal server error/],
    ['something that is no JSON', { body: '<html>', type: 'text/html' }, /no list/],
    ['a broken JSON', { body: '[{', type: 'application/json' }, /JSON/],
    ['a JSON of another kind', { body: '{"a":1}', type: 'application/json' }, /no list/],
    ['a list of another kind', { body: '[{"a":1}]', type: 'application/json' }, /.+/],
  ] as const)('keeps the last list through %s, and goes on when that is over', async (_what, how, message) => {
    await using agent = await consulAgent()
    agent.set([entry('10.0.0.1', 80)])
    using seen = follow(discovery(agent))
    await eventually(() => agent.waiting === 1)
    agent.spoil(how)
    await seen.fails(message, 2)
    expect(seen.urls()).toEqual(['http://10.0.0.1:80'])
    agent.spoil(null)
    agent.set([entry('10.0.0.2', 80)])
    await seen.has('http://10.0.0.2:80')
    expect(seen.lists.every((list) => list.length === 1)).toBe(true)
  })

  it('gives an answer that broke off up, although the client waits for the rest for ever', async () => {
    await using agent = await consulAgent()
    agent.spoil('half')
    const before = performance.now()
    using seen = follow(discovery(agent, { waitMs: 1_000 }))
    await eventually(() => seen.failures.length > 0, { timeoutMs: 10_000 })
    expect(performance.now() - before).toBeGreaterThan(1_000)
    expect(seen.failures[0]).toMatch(/timed out/)
  })

  it('reports an agent that is not there', async () => {
    const agent = await consulAgent()
    await agent[Symbol.asyncDispose]()
    using seen = follow(discovery(agent))
    await seen.fails(/ECONNREFUSED/, 2)
  })

  it('leaves no query when stopped', async () => {
    await using agent = await consulAgent()
    const seen = follow(discovery(agent))
    await eventually(() => agent.waiting === 1)
    seen[Symbol.dispose]()
    await eventually(() => agent.waiting === 0)
    expect(seen.failures).toEqual([])
    expect(agent.requests).toHaveLength(2)
  })
})
