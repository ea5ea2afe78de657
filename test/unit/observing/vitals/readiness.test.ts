import { createPool, type Exchange, type Handler } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { type GatewayPhase, phaseOfGateway } from '../../../../src/observing/vitals/gateway-phase.js'
import { type ReadinessOptions, readiness, readinessWith } from '../../../../src/observing/vitals/readiness.js'
import { fakeClock } from '../../../support/index.js'
import { asked } from '../../asked.js'

function inPhase(phase: GatewayPhase): Exchange {
  const exchange = asked('/readyz')
  exchange.set(phaseOfGateway, { phase })
  return exchange
}

async function told(handler: Handler, exchange: Exchange = asked('/readyz')) {
  const { status, headers, body } = await handler(exchange)
  if (body.kind !== 'bytes') throw new Error('no bytes')
  return { status, headers, json: JSON.parse(Buffer.from(body.bytes).toString()) }
}

function timed(options: ReadinessOptions) {
  const clock = fakeClock()
  return { clock, handler: readinessWith(options, clock, () => clock.now()) }
}

describe('readiness', () => {
  it.each([
    ['starting', 503, 'starting'],
    ['serving', 200, 'ready'],
    ['leaving', 503, 'leaving'],
    ['draining', 503, 'draining'],
    ['closed', 503, 'closed'],
  ] as const)('of a gateway that is %s is %i', async (phase, status, word) => {
    const { headers, ...answer } = await told(readiness(), inPhase(phase))
    expect(answer).toEqual({ status, json: { status: word } })
    expect(headers['cache-control']).toBe('no-store')
  })

  it('is that of other gateways, too, and of a list that changes', async () => {
    const other: { phase: GatewayPhase } = { phase: 'serving' }
    const handlers = [readiness({ gateways: [other] }), readiness({ gateways: () => [other] })]
    for (const handler of handlers) expect((await told(handler, inPhase('serving'))).status).toBe(200)
    other.phase = 'draining'
    for (const handler of handlers)
      expect((await told(handler, inPhase('serving'))).json).toEqual({ status: 'draining' })
  })

  it('needs an endpoint of each pool that may be tried, of its own or its fallback’s', async () => {
    await using spare = createPool({ name: 'spare', endpoints: [] })
    await using users = createPool({ name: 'users', endpoints: ['http://127.0.0.1:1'], fallback: spare })
    const handler = readiness({ pools: [users], details: true })
    expect((await told(handler)).status).toBe(200)
    users.maintenance(users.endpoints[0]!.name)
    expect(await told(handler)).toMatchObject({ status: 503, json: { status: 'unavailable', missing: ['pool users'] } })
    spare.add('http://127.0.0.1:2')
    expect((await told(handler)).status).toBe(200)
  })

  it('names nothing unless told to', async () => {
    await using users = createPool({ name: 'users', endpoints: [] })
    expect((await told(readiness({ pools: [users] }))).json).toEqual({ status: 'unavailable' })
  })

  it.each([
    ['returns false', () => false],
    [
      'throws',
      () => {
        throw new Error('no')
      },
    ],
    ['rejects', () => Promise.reject(new Error('no'))],
  ])('is 503 when a check %s', async (_how, check) => {
    const handler = readiness({ checks: { db: check, fine: () => undefined }, details: true })
    expect(await told(handler)).toMatchObject({ status: 503, json: { missing: ['check db'] } })
  })

  it('H-197 runs a check once for all who ask, however many, and again when its result has had its time', async () => {
    let runs = 0
    const { clock, handler } = timed({ checks: { db: async () => void runs++ }, cacheMs: 1_000 })
    const crowd = () => Promise.all(Array.from({ length: 1_000 }, () => told(handler)))
    expect(new Set((await crowd()).map(({ status }) => status))).toEqual(new Set([200]))
    await crowd()
    expect(runs).toBe(1)
    await clock.advance(1_000)
    await crowd()
    expect(runs).toBe(2)
  })

  it('waits for a check no longer than timeoutMs, tells it, and begins no other behind one that hangs', async () => {
    const signals: AbortSignal[] = []
    const hang = Promise.withResolvers<void>()
    const { clock, handler } = timed({
      checks: {
        db: (signal) => {
          signals.push(signal)
          return hang.promise
        },
      },
      timeoutMs: 500,
      cacheMs: 0,
    })
    const first = told(handler)
    await clock.advance(500)
    expect([(await first).status, signals[0]!.aborted]).toEqual([503, true])
    expect([(await told(handler)).status, signals.length, clock.pending]).toEqual([503, 1, 0])
    hang.resolve()
    await hang.promise
    await new Promise((resolve) => setImmediate(resolve))
    expect([(await told(handler)).status, signals.length]).toEqual([200, 2])
  })

  it('runs no checks for a gateway that leaves, and believes none that was asked before it did', async () => {
    const gate = Promise.withResolvers<void>()
    let runs = 0
    const gateway: { phase: GatewayPhase } = { phase: 'serving' }
    const handler = readiness({
      gateways: [gateway],
      checks: {
        db: () => {
          runs++
          return gate.promise
        },
      },
    })
    const answer = told(handler)
    gateway.phase = 'leaving'
    gate.resolve()
    expect((await answer).status).toBe(503)
    expect([(await told(handler)).status, runs]).toEqual([503, 1])
  })

  it.each([
    [{ pools: [{}] }, 'pools'],
    [{ checks: { db: true } }, 'checks'],
    [{ gateways: [{}] }, 'gateways'],
    [{ timeoutMs: 0 }, 'timeoutMs'],
    [{ cacheMS: 1 }, 'Did you mean "cacheMs"'],
  ])('refuses %o', (options, named) => {
    expect(() => readiness(options as never)).toThrow(named)
  })
})
