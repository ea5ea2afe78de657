/**
 * Numbers in [0, 1), written to `value` by each `roll`. Without a source of one's own: Marsaglia's xorshift128 (2003), because
 * each call of `Math.random` allocates the number that it returns.
 */
export class Chance {
  readonly value = new Float64Array(1)
  readonly #random: (() => number) | undefined
  readonly #state: Uint32Array

  constructor(random: (() => number) | undefined) {
    this.#random = random
    // Any state but all zeros will do.
    this.#state = Uint32Array.from({ length: 4 }, () => Math.random() * 2 ** 32 || 1)
  }

  roll(): void {
    if (this.#random !== undefined) {
      this.value[0] = this.#random()
      return
    }
    const state = this.#state
    const mixed = state[0]! ^ (state[0]! << 11)
    state[0] = state[1]!
    state[1] = state[2]!
    state[2] = state[3]!
    state[3] = state[3]! ^ (state[3]! >>> 19) ^ mixed ^ (mixed >>> 8)
    this.value[0] = state[3]! / 2 ** 32
  }
}
