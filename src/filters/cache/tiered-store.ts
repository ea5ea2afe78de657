import { check, checkOptions, type Milliseconds, optionError } from '../../options.js'
import type { MemoryStore } from './memory-store.js'
import type { CacheEntry, CacheStore } from './store.js'

export interface TieredStoreOptions {
  /** Asked first; holds copies only. */
  readonly front: MemoryStore
  /** Holds everything, and is shared with other processes. */
  readonly behind: CacheStore
  /** For how long a copy serves, and so for how long what another process has replaced or purged can still be served here. @default 1000 */
  readonly frontMs?: Milliseconds | undefined
}

/**
 * A store in memory in front of a shared one: what is asked for often comes from memory, and many who ask for a slot at once are one
 * question behind. What this process changes it sees at once; what others change, `frontMs` later at most.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const store = tieredStore({ front: memoryStore({ maxBytes: 64 * 1024 * 1024 }), behind: redisStore(connection) })
 * ```
 */
export function tieredStore(options: TieredStoreOptions): CacheStore {
  checkOptions('tieredStore', options, { front: check.object, behind: check.object, frontMs: check.duration })
  for (const name of ['front', 'behind'] as const)
    if (options[name] === undefined) throw optionError('tieredStore', name, undefined, 'a store')
  return new TieredStore(options)
}

class TieredStore implements CacheStore {
  readonly #front: MemoryStore
  readonly #behind: CacheStore
  readonly #frontMs: Milliseconds
  /** Slots on their way. Whoever changes one takes it off: what comes then may be older than the change. */
  readonly #coming = new Map<string, Promise<readonly CacheEntry[]>>()

  constructor({ front, behind, frontMs = 1_000 }: TieredStoreOptions) {
    this.#front = front
    this.#behind = behind
    this.#frontMs = frontMs
  }

  get(key: string): readonly CacheEntry[] | Promise<readonly CacheEntry[]> {
    const near = this.#front.get(key)
    if (near.length > 0) return near
    const coming = this.#coming.get(key)
    if (coming !== undefined) return coming
    const answer: Promise<readonly CacheEntry[]> = Promise.resolve()
      .then(() => this.#behind.get(key))
      .then((entries) => {
        if (this.#coming.get(key) === answer) this.#fill(key, entries)
        return entries
      })
      .finally(() => {
        if (this.#coming.get(key) === answer) this.#coming.delete(key)
      })
    this.#coming.set(key, answer)
    return answer
  }

  peek(key: string): readonly CacheEntry[] | undefined {
    const near = this.#front.peek(key)
    return near.length > 0 ? near : this.#behind.peek?.(key)
  }

  /** A slot is in front as a whole, or not: half of it would make the other half's requests misses. */
  #fill(key: string, entries: readonly CacheEntry[]): void {
    for (const entry of entries) this.#front.put(key, entry, this.#frontMs)
    if (this.#front.get(key).length !== entries.length) this.#front.remove(key)
  }

  put(key: string, entry: CacheEntry, keepMs: Milliseconds): Promise<void> {
    return this.#change(
      () => this.#forget(key),
      () => this.#behind.put(key, entry, keepMs),
    )
  }

  remove(key: string, variant?: string): Promise<void> {
    return this.#change(
      () => this.#forget(key),
      () => this.#behind.remove(key, variant),
    )
  }

  purgeTag(tag: string): Promise<number> {
    const forget = (): void => {
      this.#coming.clear()
      this.#front.purgeTag(tag)
    }
    return this.#change(forget, () => this.#behind.purgeTag(tag))
  }

  clear(): Promise<void> {
    const forget = (): void => {
      this.#coming.clear()
      this.#front.clear()
    }
    return this.#change(forget, () => this.#behind.clear())
  }

  async close(): Promise<void> {
    await this.#behind.close?.()
  }

  /** Forgets before, and again after: somebody may have fetched the old state meanwhile. */
  async #change<T>(forget: () => void, act: () => T | Promise<T>): Promise<T> {
    forget()
    try {
      return await act()
    } finally {
      forget()
    }
  }

  #forget(key: string): void {
    this.#coming.delete(key)
    this.#front.remove(key)
  }
}
