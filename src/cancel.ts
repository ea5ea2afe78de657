/** Runs when something is given up. */
type AbortListener = (reason: Error) => void

/**
 * An abort that costs nothing until somebody asks for it: listeners are plain functions, the first needs no list, and the
 * `AbortSignal` is only made when read.
 */
export class Cancel {
  #reason: Error | null = null
  #first: AbortListener | null = null
  #more: AbortListener[] | null = null
  #controller: AbortController | null = null

  get reason(): Error | null {
    return this.#reason
  }

  get aborted(): boolean {
    return this.#reason !== null
  }

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController()
      if (this.#reason !== null) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** Runs `listener` once on abort; at once if that has been. */
  add(listener: AbortListener): void {
    if (this.#reason !== null) listener(this.#reason)
    else if (this.#first === null) this.#first = listener
    else if (this.#more === null) this.#more = [listener]
    else this.#more.push(listener)
  }

  remove(listener: AbortListener): void {
    if (this.#first === listener) this.#first = null
    else if (this.#more !== null) this.#more = this.#more.filter((each) => each !== listener)
  }

  abort(reason: Error): void {
    if (this.#reason !== null) return
    this.#reason = reason
    const listeners = [this.#first, ...(this.#more ?? [])]
    this.#first = null
    this.#more = null
    for (const listener of listeners) listener?.(reason)
    this.#controller?.abort(reason)
  }
}
