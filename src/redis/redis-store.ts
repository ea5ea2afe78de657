import { createHash } from 'node:crypto'
import type { CacheEntry, CacheStore } from '../filters/cache/store.js'
import { type Bytes, check, checkOptions, type Milliseconds, optionError } from '../options.js'
import type { RedisConnection } from './connection.js'
import { decodeEntry, encodeEntry } from './entry-format.js'
import { FILE, ORDER, PUT, TAGS, TAKE } from './store-scripts.js'

export interface RedisStoreOptions {
  /** Tells apart the caches on one connection: it is part of every key. @default 'cache' */
  readonly name?: string | undefined
  /** A larger entry, head included, is not kept. @default 1 MiB */
  readonly maxEntryBytes?: Bytes | undefined
  /** Variants of one URL; past it the oldest goes. A hit reads them all. @default 8 */
  readonly maxVariants?: number | undefined
}

/** A {@link CacheStore} in Redis, shared by every process that uses the same prefix and name. */
export interface RedisStore extends CacheStore {
  /** What is in a slot, in no order; empty for nothing. */
  get(key: string): Promise<readonly CacheEntry[]>
  /** Puts an entry into a slot, in place of the variant of the same name, for `keepMs` at most. */
  put(key: string, entry: CacheEntry, keepMs: Milliseconds): Promise<void>
  /** Empties a slot, or takes one variant out of it. */
  remove(key: string, variant?: string): Promise<void>
  /** Removes everything that has the tag, and tells how many entries went. */
  purgeTag(tag: string): Promise<number>
  /** Removes everything. */
  clear(): Promise<void>
}

/** Redis refuses times that end past its calendar; nothing is of use for longer. */
const LONGEST: Milliseconds = 365 * 24 * 60 * 60 * 1_000
/** How many commands of a purge are under way at once, so that it leaves room for requests. */
const STEP = 50

/**
 * Keeps a cache's responses in Redis. While Redis is down or in trouble, `get` finds nothing and `put` keeps nothing, at once;
 * `remove`, `purgeTag` and `clear` reject with `ERR_EDGE_STORE`, since whoever calls these must know that the old response may live on.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const store = redisStore(redisConnection(client))
 * ```
 */
export function redisStore(connection: RedisConnection, options: RedisStoreOptions = {}): RedisStore {
  checkOptions('redisStore', options, {
    name: check.string,
    maxEntryBytes: check.whole(1, 512 * 1024 * 1024),
    maxVariants: check.whole(1, 1_000),
  })
  if (typeof connection?.run !== 'function')
    throw optionError('redisStore', 'connection', connection, 'what redisConnection() returns')
  return new Store(connection, options)
}

class Store implements RedisStore {
  readonly #connection: RedisConnection
  readonly #prefix: string
  readonly #maxEntryBytes: Bytes
  readonly #maxVariants: string

  constructor(
    connection: RedisConnection,
    { name = 'cache', maxEntryBytes = 1_048_576, maxVariants = 8 }: RedisStoreOptions,
  ) {
    this.#connection = connection
    this.#prefix = `${connection.keyPrefix}${name}:`
    this.#maxEntryBytes = maxEntryBytes
    this.#maxVariants = String(maxVariants)
  }

  async get(key: string): Promise<readonly CacheEntry[]> {
    let blobs: unknown
    try {
      blobs = await this.#connection.call('HVALS', this.#slot(digest(key)))
    } catch {
      // The connection has told of it: to a client it is a miss (H-188).
      return []
    }
    const now = Date.now()
    return Array.isArray(blobs)
      ? blobs.map((blob) => decodeEntry(blob, now)).filter((entry) => entry !== undefined)
      : []
  }

  async put(key: string, entry: CacheEntry, keepMs: Milliseconds): Promise<void> {
    try {
      await this.#put(digest(key), entry, Math.min(Math.ceil(keepMs), LONGEST))
    } catch {
      // As above: what could not be stored is asked for again.
    }
  }

  async #put(slot: string, entry: CacheEntry, keepMs: Milliseconds): Promise<void> {
    const blob =
      keepMs > 0 && entry.body.byteLength <= this.#maxEntryBytes ? encodeEntry(entry, Date.now() + keepMs) : undefined
    // The old variant goes whether or not the new one is kept: it is out of date.
    if (blob === undefined || blob.length > this.#maxEntryBytes)
      return this.#take(slot, ORDER + TAGS, entry.variant).then(() => {})
    const tags = tagsDigest(entry.tags)
    const member = `${tags}${slot}${entry.variant}`
    const keep = String(keepMs)
    // Filed before it is there: an entry that no purge could find would be worse than a purge that finds nothing.
    await Promise.all(
      [...new Set(entry.tags)].map((tag) => this.#connection.run(FILE, [this.#tag(tag)], [member, keep])),
    )
    await this.#connection.run(PUT, [this.#slot(slot)], [tags, entry.variant, blob, keep, this.#maxVariants])
  }

  async remove(key: string, variant?: string): Promise<void> {
    const slot = digest(key)
    if (variant === undefined) await this.#connection.call('UNLINK', this.#slot(slot))
    else await this.#take(slot, ORDER + TAGS, variant)
  }

  async purgeTag(tag: string): Promise<number> {
    const key = this.#tag(tag)
    let gone = 0
    let cursor = '0'
    do {
      const reply = await this.#connection.call('ZSCAN', key, cursor, 'COUNT', String(STEP))
      const [next, found] = reply as [Buffer, Buffer[]]
      cursor = String(next)
      // Each member is followed by its score. It stays filed: an entry of that name may just be on its way in.
      const members = found.filter((_, at) => at % 2 === 0)
      await inSteps(members, async (member) => {
        const taken = await this.#takeMember(String(member))
        gone += taken
      })
    } while (cursor !== '0')
    return gone
  }

  async clear(): Promise<void> {
    // Only slots, for the same reason; tags expire. One by one: on a cluster they belong to many nodes.
    for await (const keys of this.#connection.keys(`${this.#prefix}{`))
      await inSteps(keys, (key) => this.#connection.call('UNLINK', key))
  }

  /** Takes out the entry that a member of a tag names; one that has replaced it with other tags has another name, and stays. */
  #takeMember(member: string): Promise<number> {
    const slot = member.slice(TAGS, TAGS + DIGEST)
    return this.#take(slot, ORDER, member.slice(0, TAGS) + member.slice(TAGS + DIGEST))
  }

  async #take(slot: string, from: number, name: string): Promise<number> {
    return Number(await this.#connection.run(TAKE, [this.#slot(slot)], [String(from + 1), name]))
  }

  /** In braces, so that a URL with some of its own can't choose the node of a cluster that it burdens. */
  #slot(slot: string): string {
    return `${this.#prefix}{${slot}}`
  }

  #tag(tag: string): string {
    return `${this.#prefix}tag:{${digest(tag)}}`
  }
}

/** Length of a {@link digest}. */
const DIGEST = 43

/** Of fixed length, whatever the client's URL is like, and not to be made to collide. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

function tagsDigest(tags: readonly string[]): string {
  return digest(JSON.stringify([...new Set(tags)].sort())).slice(0, TAGS)
}

async function inSteps<T>(items: readonly T[], act: (item: T) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < items.length; at += STEP) await Promise.all(items.slice(at, at + STEP).map(act))
}
