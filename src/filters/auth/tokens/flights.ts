/** Questions under way: who asks the same meanwhile gets the same answer, or failure. What is there at once is nobody's wait. */
export class Flights<T> {
  readonly #under = new Map<string, Promise<T>>()

  get size(): number {
    return this.#under.size
  }

  once(key: string, ask: () => T | Promise<T>): T | Promise<T> {
    const under = this.#under.get(key)
    if (under !== undefined) return under
    const answer = ask()
    if (!(answer instanceof Promise)) return answer
    const landed = answer.finally(() => this.#under.delete(key))
    this.#under.set(key, landed)
    return landed
  }
}
