import type { VerificationKey } from './verification-key.js'

/** Most keys that are tried for one token: who sends what no key has signed costs that many verifications, not one for each key. */
const MAX_TRIES = 4

/** Keys by their `kid`. */
export class KeySet {
  readonly keys: readonly VerificationKey[]
  readonly #named = new Map<string, VerificationKey[]>()
  readonly #nameless: readonly VerificationKey[]

  constructor(keys: readonly VerificationKey[]) {
    this.keys = keys
    this.#nameless = keys.filter(({ kid }) => kid === undefined)
    for (const key of keys) {
      if (key.kid === undefined) continue
      const same = this.#named.get(key.kid)
      if (same === undefined) this.#named.set(key.kid, [key])
      else same.push(key)
    }
  }

  /**
   * Keys that can have signed a token, by its algorithm and `kid` to the letter (H-123): those of that `kid`, else those that have none;
   * of a token without `kid`, any. None at all if more would have to be tried than is worth it.
   */
  find(algorithm: string, kid: string | undefined): readonly VerificationKey[] {
    const candidates = kid === undefined ? this.keys : (this.#named.get(kid) ?? this.#nameless)
    const fitting = candidates.filter(({ algorithms }) => algorithms.has(algorithm))
    return fitting.length > MAX_TRIES ? [] : fitting
  }
}
