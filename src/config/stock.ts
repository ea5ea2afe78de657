import type { Pool } from '../upstream/pool.js'

/** Something that a document made: a filter or a handler. */
interface Item {
  readonly thing: unknown
  /** The pools that it uses, as they were then. */
  readonly pools: ReadonlySet<Pool>
}

/** What a document made, by where it stands; of the next document, what is as it was is taken over with all that it knows. */
export class Stock {
  readonly #before: ReadonlyMap<string, Item>
  readonly #items = new Map<string, Item>()
  readonly #fresh: unknown[] = []
  /** Of what is being made, the pools that it has asked for. */
  readonly #asked: Set<Pool>[] = []

  /** @param before The stock of the document in force. */
  constructor(before: Stock | null) {
    this.#before = before === null ? new Map() : before.#items
  }

  /** Things that were not there before. */
  get fresh(): readonly unknown[] {
    return this.#fresh
  }

  /** Notes that what is being made uses a pool. */
  uses(pool: Pool): Pool {
    for (const asked of this.#asked) asked.add(pool)
    return pool
  }

  /**
   * Takes a thing over, or makes it.
   *
   * @param place Whose it is; the same thing twice in one place is told apart by its number.
   * @param isThere Whether a pool is still one of the document's.
   */
  take<T>(place: string, config: unknown, isThere: (pool: Pool) => boolean, make: () => T): T {
    const key = this.#keyOf(`${place} ${JSON.stringify(config)}`)
    const known = this.#before.get(key)
    const item = known !== undefined && [...known.pools].every(isThere) ? known : this.#make(make)
    this.#items.set(key, item)
    return item.thing as T
  }

  #make<T>(make: () => T): Item {
    const pools = new Set<Pool>()
    this.#asked.push(pools)
    try {
      const thing = make()
      this.#fresh.push(thing)
      return { thing, pools }
    } finally {
      this.#asked.pop()
    }
  }

  #keyOf(key: string): string {
    for (let number = 1; ; number++) {
      const numbered = `${number} ${key}`
      if (!this.#items.has(numbered)) return numbered
    }
  }
}
