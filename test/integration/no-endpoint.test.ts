import { describe, expect, it } from 'vitest'
import { faultyUpstream, upstream } from '../support/index.js'
import { ask } from './client.js'
import { type Front, gatewayOver, transports } from './front.js'

const url = 'http://127.0.0.1:9'
const cases: readonly (readonly [what: string, prepare: (front: Front) => unknown])[] = [
  ['none configured', (front) => front.pool.remove('a').then(() => front.pool.remove('b'))],
  ['all in maintenance', (front) => ['a', 'b'].map((name) => front.pool.maintenance(name))],
  ['all draining', (front) => Promise.all(['a', 'b'].map((name) => front.pool.drain(name)))],
  ['all of weight 0', (front) => ['a', 'b'].map((name) => front.pool.setWeight(name, 0))],
  [
    'all found down by probes',
    (front) =>
      front.pool.endpoints.forEach((endpoint) => {
        endpoint.healthy = false
        endpoint.refresh()
      }),
  ],
]

describe.each(transports)('with no endpoint to go to, over %s', (_name, make) => {
  it.each(cases)('H-106 answers 503 with Retry-After at once: %s', async (_what, prepare) => {
    await using front = await gatewayOver(make(), [
      { url, name: 'a' },
      { url, name: 'b' },
    ])
    await prepare(front)
    const started = performance.now()
    for (const method of ['GET', 'POST']) {
      const { status, headers, body } = await ask(front.port, '/', { method })
      expect([status, headers['retry-after'], body]).toEqual([503, '1', '503 ERR_EDGE_NO_ENDPOINT\n'])
    }
    // Nobody waited in the queue, whose limit is 5 s.
    expect(performance.now() - started).toBeLessThan(1_000)
    expect(front.pool.queued).toBe(0)
    expect(front.outcomes.every(({ error }) => error?.code === 'ERR_EDGE_NO_ENDPOINT')).toBe(true)
    await front.atRest()
  })

  it('H-106 answers so from the first request on when the pool begins empty, and serves once there is one', async () => {
    await using far = await upstream()
    await using front = await gatewayOver(make(), [])
    expect((await ask(front.port)).status).toBe(503)
    front.pool.add(far.url)
    expect((await ask(front.port)).status).toBe(200)
  })

  it('H-106 tries endpoints that only traffic found failing rather than none at all, and says what they failed with', async () => {
    await using far = await faultyUpstream('refuse')
    await using front = await gatewayOver(make(), [far.url])
    for (let at = 0; at < 3; at++) {
      const { status, body } = await ask(front.port)
      expect([status, body]).toEqual([502, '502 ERR_EDGE_CONNECT\n'])
    }
    expect(front.attempts).toHaveLength(3)
  })
})
