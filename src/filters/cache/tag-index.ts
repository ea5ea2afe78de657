/**
 * What was filed under which tag. It holds nothing beyond the items filed: a tag whose last item leaves is gone, so that no
 * number of tags outlives its entries.
 */
export class TagIndex<T> {
  readonly #items = new Map<string, Set<T>>()

  add(tags: readonly string[], item: T): void {
    for (const tag of tags) {
      const filed = this.#items.get(tag)
      if (filed === undefined) this.#items.set(tag, new Set([item]))
      else filed.add(item)
    }
  }

  remove(tags: readonly string[], item: T): void {
    for (const tag of tags) {
      const filed = this.#items.get(tag)
      if (filed?.delete(item) === true && filed.size === 0) this.#items.delete(tag)
    }
  }

  /** A list of its own, which changes of the index do not disturb. */
  of(tag: string): readonly T[] {
    return [...(this.#items.get(tag) ?? [])]
  }

  /** How many tags it knows. */
  get size(): number {
    return this.#items.size
  }
}
