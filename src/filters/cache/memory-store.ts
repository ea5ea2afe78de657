import { LRUCache } from 'lru-cache'
import { type Bytes, check, checkOptions, type Milliseconds, optionError } from '../../options.js'
import { entrySize } from './entry-size.js'
import type { CacheEntry, CacheStore } from './store.js'
import { TagIndex } from './tag-index.js'

export interface MemoryStoreOptions {
  /** The most that all entries together may take: bodies, header fields, keys and what holds them (H-182). Past it the least recently used slots go. */
  readonly maxBytes: Bytes
  /** A larger entry is not kept. @default 1 MiB, or `maxBytes` if that is less */
  readonly maxEntryBytes?: Bytes | undefined
  /** Variants of one URL; past it the oldest goes. @default 8 */
  readonly maxVariants?: number | undefined
  /** A clock that is never set back. @default performance.now */
  readonly now?: (() => Milliseconds) | undefined
}

/** A {@link CacheStore} that answers at once. */
export interface MemoryStore extends CacheStore {
  /** What is in a slot, in no order; empty for nothing. */
  get(key: string): readonly CacheEntry[]
  /** The same, without counting as a use. */
  peek(key: string): readonly CacheEntry[]
  /** Puts an entry into a slot, in place of the variant of the same name, for `keepMs` at most. */
  put(key: string, entry: CacheEntry, keepMs: Milliseconds): void
  /** Empties a slot, or takes one variant out of it. */
  remove(key: string, variant?: string): void
  /** Removes everything that has the tag, and tells how many entries went. */
  purgeTag(tag: string): number
  /** Removes everything. */
  clear(): void
  /** What its entries take, by its own reckoning; never more than `maxBytes`. */
  readonly bytes: Bytes
  /** Slots, which are URLs with at least one entry. */
  readonly slots: number
  /** Tags that some entry has. */
  readonly tags: number
}

/** An entry in its place. */
interface Item {
  readonly key: string
  readonly entry: CacheEntry
  readonly size: Bytes
  readonly until: Milliseconds
}

/** The variants of one key, oldest first. Never changed: a reader keeps what it got. */
interface Slot {
  readonly items: readonly Item[]
  readonly entries: readonly CacheEntry[]
  /** When the first of them expires. */
  readonly until: Milliseconds
}

const NONE: readonly CacheEntry[] = Object.freeze([])
/** A slot's place among the others. */
const SLOT_COST = 320

/**
 * A cache's store in the memory of this process: bounded in bytes, least recently used first to go. An entry past its time goes when
 * its slot is next looked at, or by falling out at the far end.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const store = memoryStore({ maxBytes: 256 * 1024 * 1024 })
 * ```
 */
export function memoryStore(options: MemoryStoreOptions): MemoryStore {
  const bytes = check.whole(1, Number.MAX_SAFE_INTEGER)
  checkOptions('memoryStore', options, {
    maxBytes: bytes,
    maxEntryBytes: bytes,
    maxVariants: check.whole(1, 1_000),
    now: check.function,
  })
  if (options.maxBytes === undefined) throw optionError('memoryStore', 'maxBytes', undefined, 'a size in bytes')
  return new LruStore(options)
}

class LruStore implements MemoryStore {
  readonly #slots: LRUCache<string, Slot>
  readonly #index = new TagIndex<Item>()
  readonly #maxBytes: Bytes
  readonly #maxEntryBytes: Bytes
  readonly #maxVariants: number
  readonly #now: () => Milliseconds

  constructor({ maxBytes, maxEntryBytes = 1_048_576, maxVariants = 8, now }: MemoryStoreOptions) {
    this.#maxBytes = maxBytes
    this.#maxEntryBytes = Math.min(maxEntryBytes, maxBytes)
    this.#maxVariants = maxVariants
    this.#now = now ?? (() => performance.now())
    this.#slots = new LRUCache({
      maxSize: maxBytes,
      dispose: (slot, _key, reason) => {
        // A slot that replaces another keeps most of its items; what it left out is gone from the index already.
        if (reason !== 'set') for (const item of slot.items) this.#unfile(item)
      },
    })
  }

  get(key: string): readonly CacheEntry[] {
    const slot = this.#slots.get(key)
    if (slot === undefined) return NONE
    const now = this.#now()
    if (slot.until > now) return slot.entries
    this.#settle(
      key,
      slot.items.filter(({ until }) => until > now),
    )
    return this.#slots.peek(key)?.entries ?? NONE
  }

  peek(key: string): readonly CacheEntry[] {
    const now = this.#now()
    return this.#items(key).flatMap(({ entry, until }) => (until > now ? [entry] : []))
  }

  put(key: string, entry: CacheEntry, keepMs: Milliseconds): void {
    const now = this.#now()
    // The old variant goes whether or not there is room for the new one: it is out of date.
    const items = this.#items(key).filter((item) => item.entry.variant !== entry.variant && item.until > now)
    const size = entrySize(entry)
    let total = slotSize(key) + size
    if (keepMs > 0 && total <= this.#maxEntryBytes) {
      const item: Item = { key, entry: withOwnBody(entry), size, until: now + keepMs }
      items.push(item)
      this.#index.add(entry.tags, item)
      for (const each of items) if (each !== item) total += each.size
      while (items.length > this.#maxVariants || total > this.#maxBytes) total -= items.shift()!.size
    }
    this.#settle(key, items)
  }

  remove(key: string, variant?: string): void {
    if (variant === undefined) this.#slots.delete(key)
    else
      this.#settle(
        key,
        this.#items(key).filter(({ entry }) => entry.variant !== variant),
      )
  }

  purgeTag(tag: string): number {
    const now = this.#now()
    let gone = 0
    for (const item of this.#index.of(tag)) {
      if (item.until > now) gone++
      this.#settle(
        item.key,
        this.#items(item.key).filter((each) => each !== item),
      )
    }
    return gone
  }

  clear(): void {
    this.#slots.clear()
  }

  get bytes(): Bytes {
    return this.#slots.calculatedSize
  }

  get slots(): number {
    return this.#slots.size
  }

  get tags(): number {
    return this.#index.size
  }

  #items(key: string): readonly Item[] {
    return this.#slots.peek(key)?.items ?? []
  }

  /** Makes these a slot's items: what it held beside them leaves the index. */
  #settle(key: string, items: readonly Item[]): void {
    for (const item of this.#items(key)) if (!items.includes(item)) this.#unfile(item)
    if (items.length === 0) {
      this.#slots.delete(key)
      return
    }
    let size = slotSize(key)
    let until = Number.POSITIVE_INFINITY
    for (const item of items) {
      size += item.size
      until = Math.min(until, item.until)
    }
    this.#slots.set(key, { items, entries: items.map(({ entry }) => entry), until }, { size })
  }

  #unfile(item: Item): void {
    this.#index.remove(item.entry.tags, item)
  }
}

function slotSize(key: string): Bytes {
  return SLOT_COST + key.length
}

/** A small Buffer is a slice of a slab that it would pin, and that nobody has counted (H-182). */
function withOwnBody(entry: CacheEntry): CacheEntry {
  const { body } = entry
  if (body.byteLength === body.buffer.byteLength) return entry
  return { ...entry, body: new Uint8Array(body) }
}
