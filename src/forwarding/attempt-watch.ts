import { type Exchange, type StateKey, stateKey } from '../exchange.js'
import type { Milliseconds } from '../options.js'
import type { AttemptOutcome } from '../outcome.js'
import type { Lease } from '../upstream/lease.js'

/** Hears of every attempt that is made for an exchange: the first, retries and hedges. */
export interface AttemptWatcher {
  /**
   * An attempt is about to set out. Must not throw.
   *
   * @param exchange As it is sent. Its header map is this attempt's own until the next one begins: what is changed there goes out with it.
   * @param resends How many attempts have set out before this one.
   * @param waitedMs How long it waited in the queue of its pool; 0 for not at all.
   */
  begin(exchange: Exchange, lease: Lease, resends: number, waitedMs: Milliseconds): AttemptListener | null
}

/** Hears of the end of one attempt, once. */
export interface AttemptListener {
  /** Must not throw. */
  end(outcome: AttemptOutcome): void
}

const KEY: StateKey<AttemptWatcher> = stateKey('edgewise.attemptWatcher')

/** Lets one watcher hear of the attempts of an exchange from now on; another one's place is taken. */
export function watchAttempts(exchange: Exchange, watcher: AttemptWatcher): void {
  exchange.set(KEY, watcher)
}

export function watcherOf(exchange: Exchange): AttemptWatcher | undefined {
  return exchange.get(KEY)
}
