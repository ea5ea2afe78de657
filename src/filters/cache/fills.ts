/** A reply that is on its way into the store. */
export interface Fill {
  readonly url: string
  /** Set by an invalidation meanwhile: what comes was perhaps made before the change. */
  outdated: boolean
  /** Tags that were purged meanwhile; which ones the reply has is only known when it comes. */
  purged: Set<string> | null
}

/** Replies that are on their way into the store, so that none is stored that was made before an invalidation (RFC 9111 §4.4). */
export class Fills {
  readonly #byUrl = new Map<string, Set<Fill>>()

  begin(url: string): Fill {
    const fill: Fill = { url, outdated: false, purged: null }
    const others = this.#byUrl.get(url)
    if (others === undefined) this.#byUrl.set(url, new Set([fill]))
    else others.add(fill)
    return fill
  }

  end(fill: Fill): void {
    const others = this.#byUrl.get(fill.url)
    if (others?.delete(fill) === true && others.size === 0) this.#byUrl.delete(fill.url)
  }

  /** @param url All of them if absent. */
  outdate(url?: string): void {
    if (url !== undefined) for (const fill of this.#byUrl.get(url) ?? []) fill.outdated = true
    else for (const fill of this.#all()) fill.outdated = true
  }

  purgeTag(tag: string): void {
    for (const fill of this.#all()) {
      fill.purged ??= new Set()
      fill.purged.add(tag)
    }
  }

  *#all(): Iterable<Fill> {
    for (const fills of this.#byUrl.values()) yield* fills
  }
}

/** Whether a reply with these tags may still be stored. */
export function isCurrent(fill: Fill, tags: readonly string[]): boolean {
  const { purged } = fill
  return !fill.outdated && (purged === null || !tags.some((tag) => purged.has(tag)))
}
