import type { Exchange } from '../../exchange.js'
import type { Handler, PlainHandler } from '../../filter.js'
import { check, checkOptions, type Milliseconds } from '../../options.js'
import type { Reply } from '../../reply.js'
import { type Clock, realClock } from '../../upstream/clock.js'
import type { HandlerVerdict } from '../../verdict.js'
import { checkPools, type PoolSource, poolsOf } from '../pool-source.js'
import { type HealthCheck, SharedChecks } from './checks.js'
import { type GatewayPhase, type Phased, phaseOfGateway } from './gateway-phase.js'
import { vital, vitalReply } from './vital-reply.js'

export interface ReadinessOptions {
  /** Pools without which this process is of no use: each needs an endpoint that may be tried, of its own or of its `fallback`. @default none */
  readonly pools?: PoolSource | undefined
  /** What else it needs, by name: a check fails that returns `false`, rejects, or takes too long. @default none */
  readonly checks?: Readonly<Record<string, HealthCheck>> | undefined
  /** Gateways that must be serving besides the one that this handler stands in, which is looked at by itself. @default none */
  readonly gateways?: readonly Phased[] | (() => readonly Phased[]) | undefined
  /** How long a check may take. Keep it below the time that the prober waits. @default 800 */
  readonly timeoutMs?: Milliseconds | undefined
  /** How long the result of the checks counts, so that no ask costs more than one of them. @default 1000 */
  readonly cacheMs?: Milliseconds | undefined
  /** Names what is missing, by names of pools and checks, to whoever asks. @default false */
  readonly details?: boolean | undefined
}

/**
 * Answers 200 when this process is to have traffic, else 503: what load balancers and a Kubernetes `readinessProbe` ask. Not before its
 * gateway has started; not from the moment it begins to close, so that they look for another while it still serves.
 *
 * An ask costs no I/O unless there are checks; these run once for all who ask at a time.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const ready = readiness({ pools: [users], checks: { redis: () => redis.ping() } })
 * const gateway = createGateway({ routes: [{ path: '/readyz', handler: ready }, { path: '/**', handler: forward({ pool: users }) }] })
 * ```
 */
export function readiness(options: ReadinessOptions = {}): Handler {
  return readinessWith(options, realClock, () => performance.now())
}

/** {@link readiness} by a clock that a test may hold. */
export function readinessWith(options: ReadinessOptions, clock: Clock, now: () => Milliseconds): Handler {
  checkOptions('readiness', options, {
    pools: checkPools,
    checks: (value) =>
      check.object(value) === undefined && Object.values(value as object).every((each) => typeof each === 'function')
        ? undefined
        : 'an object of functions',
    gateways: check.either(
      (value) => (Array.isArray(value) && value.every(hasPhase) ? undefined : 'an array of gateways'),
      check.function,
    ),
    timeoutMs: check.duration,
    cacheMs: check.durationOrOff,
    details: check.boolean,
  })
  const { pools = [], gateways = [], timeoutMs = 800, cacheMs = 1_000, details = false } = options
  const checks = new SharedChecks(options.checks ?? {}, { timeoutMs, cacheMs, clock, now })
  const gatewaysOf = (exchange: Exchange): readonly Phased[] => {
    const own = exchange.get(phaseOfGateway)
    const others = typeof gateways === 'function' ? gateways() : gateways
    return own === undefined ? others : [own, ...others]
  }
  const missingPools = (): string[] =>
    poolsOf(pools).flatMap((pool) => (pool.hasOther(null) ? [] : [`pool ${pool.name}`]))
  const run: PlainHandler = async (exchange) => {
    const all = gatewaysOf(exchange)
    const failed = phaseOf(all) === 'serving' ? await checks.failed() : []
    const phase = phaseOf(all)
    if (phase !== 'serving') return OUT_OF_SERVICE[phase]
    const missing = [...missingPools(), ...failed.map((name) => `check ${name}`)]
    if (missing.length === 0) return READY
    return details ? vitalReply(503, { status: 'unavailable', missing }) : UNAVAILABLE
  }
  const explain = (exchange: Exchange): HandlerVerdict => {
    const phase = phaseOf(gatewaysOf(exchange))
    const missing = missingPools()
    const answer = { handler: 'readiness', verdict: 'answer' } as const
    if (phase !== 'serving') return { ...answer, status: 503, why: `its gateway is ${phase}` }
    if (missing.length > 0) return { ...answer, status: 503, why: `without ${missing.join(', ')}` }
    const names = Object.keys(options.checks ?? {})
    // To run them is to ask others.
    if (names.length > 0) return { ...answer, why: `its checks say which: ${names.join(', ')}` }
    return { ...answer, status: 200, why: 'nothing is missing' }
  }
  return vital(run, explain)
}

const READY: Reply = vitalReply(200, { status: 'ready' })
const UNAVAILABLE: Reply = vitalReply(503, { status: 'unavailable' })
const OUT_OF_SERVICE: { readonly [K in Exclude<GatewayPhase, 'serving'>]: Reply } = {
  starting: vitalReply(503, { status: 'starting' }),
  leaving: vitalReply(503, { status: 'leaving' }),
  draining: vitalReply(503, { status: 'draining' }),
  closed: vitalReply(503, { status: 'closed' }),
}

/** That of the first gateway that is not serving. */
function phaseOf(gateways: readonly Phased[]): GatewayPhase {
  return gateways.find(({ phase }) => phase !== 'serving')?.phase ?? 'serving'
}

function hasPhase(value: unknown): boolean {
  return typeof (value as Partial<Phased> | null)?.phase === 'string'
}
