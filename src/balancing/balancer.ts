import type { Exchange } from '../exchange.js'
import type { AttemptOutcome } from '../outcome.js'

/** What a balancer needs to know of an endpoint; any object that has it will do, a pool is not needed. */
export interface Balanced {
  /** What hash strategies map keys to: the same in every process, or their mappings differ. */
  readonly name: string
  /** As configured. */
  readonly weight: number
  /** Requests under way there. */
  readonly inFlight: number
  /** Share of its weight that it takes now: below 1 while it starts slowly. @default 1 */
  readonly warmth?: number
  /** False while it may take no traffic at all. Strategies that keep an order leave it out until `changed`. @default true */
  readonly available?: boolean
}

/** Strategy that picks an endpoint. One per pool: it keeps state about that pool's endpoints. */
export interface Balancer<E extends Balanced = Balanced> {
  /** As explanations call it. */
  readonly name: string
  /** The configured endpoints; called when membership or a weight changes, never when health does. */
  rebuild(endpoints: readonly E[]): void
  /** Synchronous. `skip` tells which endpoints are unavailable, full, or tried already; it must not have effects. */
  pick(exchange: Exchange | null, skip: (endpoint: E) => boolean): E | undefined
  /** What `pick` would say now, without a trace: no turn is taken, no chance drawn. @default not known */
  peek?(exchange: Exchange | null, skip: (endpoint: E) => boolean): Peek<E>
  /** An endpoint's in-flight count, availability or warmth moved. */
  changed?(endpoint: E): void
  /** An attempt there has ended: its times and bytes, for strategies that learn. Comes before `changed`. */
  settled?(endpoint: E, outcome: AttemptOutcome): void
  /** Another one with the same options, for a part of a pool; a pool with priorities or zones needs it. */
  fork?(): Balancer<E>
  /** Value of a Set-Cookie field for the reply that comes from that endpoint; `undefined` for none. */
  cookieFor?(exchange: Exchange, endpoint: E): string | undefined
}

/** Whom a balancer would pick, and why. */
export interface Peek<E extends Balanced = Balanced> {
  /** `undefined` for nobody, or where chance decides. */
  readonly endpoint: E | undefined
  /** Among whom chance decides. @default nobody */
  readonly candidates?: readonly E[] | undefined
  /** For people: why this one, or among whom. */
  readonly why: string
}

/** A peek of one that chance draws: certain where there is no choice. */
export function byChance<E extends Balanced>(candidates: readonly E[], why: string): Peek<E> {
  const [only] = candidates
  return candidates.length > 1 ? { endpoint: undefined, candidates, why } : { endpoint: only, why: 'the only one left' }
}

/** What an endpoint takes at present: its weight, less what slow start holds back. */
export function presentWeight({ weight, warmth }: Balanced): number {
  return warmth === undefined ? weight : weight * warmth
}
