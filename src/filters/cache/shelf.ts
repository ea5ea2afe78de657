import type { EventHub } from '../../events.js'
import type { CacheEntry, CacheStore } from './store.js'

const NOTHING: readonly CacheEntry[] = Object.freeze([])

/** A store whose failures and delays are nobody's trouble: what it can't do in time is a miss (H-188). */
export class Shelf {
  readonly #store: CacheStore
  readonly #timeoutMs: number
  readonly #events: EventHub

  constructor(store: CacheStore, timeoutMs: number, events: EventHub) {
    this.#store = store
    this.#timeoutMs = timeoutMs
    this.#events = events
  }

  get(key: string): readonly CacheEntry[] | Promise<readonly CacheEntry[]> {
    try {
      const found = this.#store.get(key)
      return found instanceof Promise ? this.#inTime(found, NOTHING) : found
    } catch (error) {
      return this.#failed(error, NOTHING)
    }
  }

  /** `undefined` where the store would have to ask. */
  peek(key: string): readonly CacheEntry[] | undefined {
    return this.#store.peek?.(key)
  }

  put(key: string, entry: CacheEntry, keepMs: number): Promise<void> | void {
    return this.#try(() => this.#store.put(key, entry, keepMs))
  }

  remove(key: string, variant?: string): Promise<void> | void {
    return this.#try(() => (variant === undefined ? this.#store.remove(key) : this.#store.remove(key, variant)))
  }

  /** Takes away what is kept for a URL, also under keys that hold more than it. */
  async empty(key: string, urlTag: string): Promise<void> {
    await Promise.all([this.remove(key), this.#try(async () => void (await this.#store.purgeTag(urlTag)))])
  }

  #try(work: () => void | Promise<void>): Promise<void> | void {
    try {
      const done = work()
      return done instanceof Promise ? this.#inTime<void>(done, undefined) : done
    } catch (error) {
      return this.#failed<void>(error, undefined)
    }
  }

  #inTime<T>(work: Promise<T>, otherwise: T): Promise<T> {
    return new Promise((resolve) => {
      const late = (): void => resolve(this.#failed(new Error(`no answer within ${this.#timeoutMs} ms`), otherwise))
      const timer = setTimeout(late, this.#timeoutMs)
      work
        .catch((error: unknown) => this.#failed(error, otherwise))
        .then((value) => {
          clearTimeout(timer)
          resolve(value)
        })
    })
  }

  #failed<T>(error: unknown, otherwise: T): T {
    this.#events.emit('fault', { where: 'cache store', error })
    return otherwise
  }
}
