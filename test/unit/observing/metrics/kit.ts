import {
  type AttemptOutcome,
  type EdgeError,
  EventHub,
  type Exchange,
  type Metrics,
  type MetricsOptions,
  metrics,
  type Outcome,
} from 'edgewise'
import { Registry } from 'prom-client'
import { parseScrape, type Scrape } from '../../../support/scrape.js'

/** Metrics of a registry and a hub of their own. */
export interface Kept extends Disposable {
  readonly hub: EventHub
  readonly register: Registry
  readonly metrics: Metrics
  scrape(): Promise<Scrape>
  /** An exchange has settled. */
  settled(change?: Settled): void
  /** An attempt has ended. */
  attempted(pool: string, change?: Partial<AttemptOutcome>): void
}

export interface Settled {
  readonly method?: string
  readonly route?: string | null
  readonly status?: number | null
  readonly error?: EdgeError | null
  readonly termination?: Outcome['termination']
  readonly bytes?: Outcome['bytes']
  /** What the exchange is besides. */
  readonly exchange?: object
  readonly tookMs?: number
}

export function kept(options: MetricsOptions = {}): Kept {
  const hub = options.events ?? new EventHub()
  const register = (options.register ?? new Registry()) as Registry
  const made = metrics({ events: hub, register, ...options })
  return {
    hub,
    register,
    metrics: made,
    scrape: async () => parseScrape(await register.metrics()),
    settled({ method = 'GET', route = '/users/**', exchange = {}, tookMs = 3, ...rest } = {}) {
      const outcome = {
        ...{ status: 200, error: null, route, attempts: [], tunnel: null },
        ...{ termination: { who: null, phase: 'done' }, bytes: { in: 0, out: 0 } },
        times: { acceptedAt: 1_000, lastByte: 1_000 + tookMs },
        ...rest,
      } as unknown as Outcome
      hub.emit('exchange', { exchange: { method, route, ...exchange } as Exchange, outcome })
    },
    attempted(pool, change = {}) {
      const outcome: AttemptOutcome = {
        ...{ endpoint: 'a', status: 200, error: null, reusedConnection: true, countsAgainst: false },
        times: { startedAt: 1_000, connectedAt: 1_000, firstByteAt: 1_004, lastByteAt: 1_005 },
        bytes: { in: 0, out: 0 },
        ...change,
      }
      hub.emit('attempt', { exchange: {} as Exchange, pool, outcome })
    },
    [Symbol.dispose]: () => made.close(),
  }
}
