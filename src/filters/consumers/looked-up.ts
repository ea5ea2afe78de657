import { LRUCache } from 'lru-cache'
import { EdgeError } from '../../errors.js'
import type { Exchange } from '../../exchange.js'
import { boundedKey } from '../../limiting/bounded-key.js'
import type { Milliseconds } from '../../options.js'
import type { Principal } from '../auth/principal.js'
import { nameOf } from './listed.js'
import { type ConsumerLike, type KnownConsumer, readConsumer } from './make-consumer.js'

/** Finds a principal's consumer; `null` or `undefined` if it has none. */
export type ConsumerLookup = (
  principal: Principal,
  exchange: Exchange,
) => ConsumerLike | null | undefined | Promise<ConsumerLike | null | undefined>

export interface LookedUpOptions {
  readonly lookup: ConsumerLookup
  readonly cacheMs: Milliseconds
  readonly unknownMs: Milliseconds
  readonly maxCached: number
  readonly timeoutMs: Milliseconds
  readonly now: () => Milliseconds
}

interface Kept {
  readonly known: KnownConsumer | null
  readonly until: Milliseconds
}

/** Consumers of which somebody else knows: asked for once at a time for each principal, and remembered for a while. */
export class LookedUp {
  readonly #options: LookedUpOptions
  readonly #kept: LRUCache<string, Kept>
  readonly #asked = new Map<string, Promise<KnownConsumer | null>>()

  constructor(options: LookedUpOptions) {
    this.#options = options
    this.#kept = new LRUCache({ max: options.maxCached })
  }

  /** What is remembered; `undefined` if nothing is. */
  recall(principal: Principal): KnownConsumer | null | undefined {
    return this.#current(this.#kept.get(boundedKey(nameOf(principal))))
  }

  /** The same, without its being used. */
  peek(principal: Principal): KnownConsumer | null | undefined {
    return this.#current(this.#kept.peek(boundedKey(nameOf(principal))))
  }

  #current(kept: Kept | undefined): KnownConsumer | null | undefined {
    return kept === undefined || kept.until <= this.#options.now() ? undefined : kept.known
  }

  ask(principal: Principal, exchange: Exchange): Promise<KnownConsumer | null> {
    const name = boundedKey(nameOf(principal))
    const asked = this.#asked.get(name)
    if (asked !== undefined) return asked
    const asking: Promise<KnownConsumer | null> = this.#answer(principal, exchange).then(
      (known) => {
        if (this.#asked.get(name) === asking) this.#keep(name, known)
        return known
      },
      (error) => {
        if (this.#asked.get(name) === asking) this.#asked.delete(name)
        throw error
      },
    )
    this.#asked.set(name, asking)
    return asking
  }

  /** What is on its way is not remembered either. */
  forget(consumerId: string | undefined): void {
    this.#asked.clear()
    for (const [name, { known }] of this.#kept.entries())
      if (consumerId === undefined || known === null || known.consumer.id === consumerId) this.#kept.delete(name)
  }

  #keep(name: string, known: KnownConsumer | null): void {
    const { cacheMs, unknownMs, now } = this.#options
    this.#asked.delete(name)
    const keepMs = known === null ? unknownMs : cacheMs
    if (keepMs > 0) this.#kept.set(name, { known, until: now() + keepMs })
  }

  /** One that throws, rejects or takes too long is a store that is not there: 503, and nobody is taken for unknown. */
  async #answer(principal: Principal, exchange: Exchange): Promise<KnownConsumer | null> {
    const { lookup, timeoutMs } = this.#options
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(
      () => late.reject(new EdgeError('ERR_EDGE_STORE', `consumers: lookup did not answer within ${timeoutMs} ms`)),
      timeoutMs,
    ).unref()
    try {
      return readConsumer(await Promise.race([lookup(principal, exchange), late.promise]))
    } catch (error) {
      if (error instanceof EdgeError) throw error
      throw new EdgeError('ERR_EDGE_STORE', 'consumers: lookup failed', { cause: error })
    } finally {
      clearTimeout(timer)
    }
  }
}
