import { LRUCache } from 'lru-cache'
import { EdgeError } from '../../../errors.js'
import { check, checkOptions, type Milliseconds } from '../../../options.js'

/** Remembers what may come once. */
export interface ReplayStore {
  /** Takes an id for as long as it could be sent again: `true` the first time, `false` from then on. In one step, whoever else asks. */
  claim(id: string, ttlMs: Milliseconds): boolean | Promise<boolean>
}

export interface MemoryReplayStoreOptions {
  /**
   * Most ids at a time, of about 200 bytes each; past it the oldest is forgotten and could be sent again. As many as come within the time
   * for which a signature is good. @default 100_000
   */
  readonly maxEntries?: number | undefined
}

/**
 * Remembers ids in this process: for several, write a {@link ReplayStore} over what they share, as `SET … NX PX` of Redis.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const partners = httpSignature({ keys, replayStore: memoryReplayStore() })
 * ```
 */
export function memoryReplayStore(options: MemoryReplayStoreOptions = {}): ReplayStore {
  checkOptions('memoryReplayStore', options, { maxEntries: check.whole(1, 100_000_000) })
  const seen = new LRUCache<string, true>({ max: options.maxEntries ?? 100_000 })
  return {
    claim(id, ttlMs) {
      if (seen.has(id)) return false
      seen.set(id, true, { ttl: Math.max(1, Math.ceil(ttlMs)) })
      return true
    },
  }
}

/** What a claim came to. A store that fails lets nothing pass: that is its failure, not the client's. */
export function claimed<T>(store: ReplayStore, id: string, ttlMs: Milliseconds, first: T, again: T): T | Promise<T> {
  const failed = (cause: unknown): never => {
    throw new EdgeError('ERR_EDGE_STORE', 'a replay store failed', { cause })
  }
  let claim: boolean | Promise<boolean>
  try {
    claim = store.claim(id, ttlMs)
  } catch (error) {
    return failed(error)
  }
  if (typeof claim === 'boolean') return claim ? first : again
  return Promise.resolve(claim).then((isFirst) => (isFirst ? first : again), failed)
}
