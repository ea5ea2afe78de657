/** What of a Kong configuration is not, or not exactly, carried over. */
export interface KongNote {
  /** Where in the document: `services[0].routes[1].plugins[0]`. */
  readonly at: string
  /**
   * - `differs`: is there, and works a little otherwise.
   * - `left-out`: has no counterpart, and nothing passes without it that Kong would keep out.
   * - `unsafe`: has no counterpart, and without it something would pass that Kong keeps out.
   */
  readonly kind: 'differs' | 'left-out' | 'unsafe'
  readonly what: string
}

/** Gathers notes, each once. */
export class Notes {
  readonly #all = new Map<string, KongNote>()

  get all(): readonly KongNote[] {
    return [...this.#all.values()]
  }

  get unsafe(): readonly KongNote[] {
    return this.all.filter(({ kind }) => kind === 'unsafe')
  }

  add(at: string, kind: KongNote['kind'], what: string): void {
    this.#all.set(`${at} ${what}`, { at, kind, what })
  }
}
