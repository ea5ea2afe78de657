import { setImmediate } from 'node:timers/promises'
import { asError } from '../errors.js'
import { events } from '../events.js'
import { check, checkOptions, type Milliseconds, optionError } from '../options.js'
import { checkEndpoint, readAddress } from './address.js'
import { type Clock, realClock } from './clock.js'
import type { EndpointOptions } from './endpoint.js'

/** All endpoints that there are at the moment. */
export type EndpointList = readonly (string | URL | EndpointOptions)[]

/**
 * Tells which endpoints there are: each list replaces the one before. The pool adds, removes and re-weights what differs, and
 * keeps the last list while the source has trouble. Trouble is an `Error` in a list's place, and the source goes on; or the
 * source throws, and is iterated anew after a while. A source that ends has no more to tell.
 *
 * @example
 * ```ts
 * import { setTimeout } from 'node:timers/promises'
 *
 * async function* fromRegistry() {
 *   while (true) {
 *     yield await registry.list('users').catch((error: Error) => error) // ['http://10.0.0.1:3000', …]
 *     await setTimeout(10_000, undefined, { ref: false })
 *   }
 * }
 * ```
 */
export type Discovery = AsyncIterable<EndpointList | Error>

export interface FollowDiscoveryOptions {
  /** Takes a list; invalid ones never get here. What it throws goes to `failed`. */
  readonly apply: (list: EndpointList) => void
  /** Told of trouble: the source's, a list's that is not valid, or `apply`'s. The last good list stays. */
  readonly failed: (error: Error) => void
  /** Wait before a source that threw is started again; doubles while it fails, less up to half by chance. @default 1000 */
  readonly minBackOffMs?: Milliseconds | undefined
  /** The longest such wait. A run that lasted this long starts over with the shortest. @default 30000 */
  readonly maxBackOffMs?: Milliseconds | undefined
  /** Timers of those waits. @default real time */
  readonly clock?: Clock | undefined
  /** Milliseconds of a clock that never goes back. @default performance.now */
  readonly now?: (() => Milliseconds) | undefined
  /** Source of chance in [0, 1). @default Math.random */
  readonly random?: (() => number) | undefined
}

/**
 * Follows a source of endpoints for as long as it is not stopped. Pools do this with their `discovery`; alone it serves whoever
 * wants the lists for something else.
 *
 * @returns What stops it: the source's iterator is told by `return()`, and nothing is applied or reported any more.
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const stop = followDiscovery(dnsDiscovery({ hostname: 'users.internal', port: 3000 }), {
 *   apply: (list) => console.log(list),
 *   failed: (error) => console.warn(error.message),
 * })
 * ```
 */
export function followDiscovery(discovery: Discovery, options: FollowDiscoveryOptions): () => void {
  if (typeof discovery?.[Symbol.asyncIterator] !== 'function')
    throw optionError('followDiscovery', 'discovery', discovery, 'an async iterable, as dnsDiscovery() makes')
  checkOptions('followDiscovery', options, {
    apply: check.function,
    failed: check.function,
    minBackOffMs: check.duration,
    maxBackOffMs: check.duration,
    clock: check.object,
    now: check.function,
    random: check.function,
  })
  for (const name of ['apply', 'failed'] as const)
    if (options[name] === undefined) throw optionError('followDiscovery', name, undefined, 'a function')
  const follower = new Follower(discovery, options)
  void follower.run()
  return () => follower.stop()
}

class Follower {
  readonly #discovery: Discovery
  readonly #options: FollowDiscoveryOptions
  readonly #minMs: Milliseconds
  readonly #maxMs: Milliseconds
  readonly #clock: Clock
  readonly #now: () => Milliseconds
  readonly #random: () => number
  #iterator: AsyncIterator<EndpointList | Error> | null = null
  #timer: unknown
  #stopped = false
  /** Failures in a row. */
  #failures = 0

  constructor(discovery: Discovery, options: FollowDiscoveryOptions) {
    this.#discovery = discovery
    this.#options = options
    this.#minMs = options.minBackOffMs ?? 1_000
    this.#maxMs = Math.max(options.maxBackOffMs ?? 30_000, this.#minMs)
    this.#clock = options.clock ?? realClock
    this.#now = options.now ?? (() => performance.now())
    this.#random = options.random ?? Math.random
  }

  /** One run of the source; it begins the next when this one fails. Never rejects. */
  async run(): Promise<void> {
    const began = this.#now()
    let told = false
    try {
      this.#iterator = this.#discovery[Symbol.asyncIterator]()
      for (;;) {
        const { done, value } = await this.#iterator.next()
        if (this.#stopped) return
        if (done === true) break
        told = true
        this.#take(value)
        // One that never waits would starve the process.
        await setImmediate()
        if (this.#stopped) return
      }
      // A generator that threw is finished for good, and would look as if it had no more to tell.
      if (!told && this.#failures > 0)
        this.#report(new Error('the source of endpoints failed before, and has ended: it cannot be iterated anew'))
    } catch (error) {
      if (this.#stopped) return
      if (this.#now() - began >= this.#maxMs) this.#failures = 0
      const wait = Math.min(this.#maxMs, this.#minMs * 2 ** this.#failures++)
      this.#report(asError(error))
      if (!this.#stopped)
        this.#timer = this.#clock.setTimeout(() => void this.run(), Math.ceil(wait * (1 - this.#random() / 2)))
    }
  }

  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#clock.clearTimeout(this.#timer)
    void this.#leave()
  }

  async #leave(): Promise<void> {
    try {
      await this.#iterator?.return?.()
    } catch {
      // Whoever stopped it has no more use for its trouble.
    }
  }

  #take(told: EndpointList | Error): void {
    if (told instanceof Error) return this.#report(told)
    try {
      checkList(told)
      this.#options.apply(told)
    } catch (error) {
      this.#report(asError(error))
    }
  }

  #report(error: Error): void {
    try {
      this.#options.failed(error)
    } catch (thrown) {
      events.emit('fault', { where: 'failed of followDiscovery', error: thrown })
    }
  }
}

/** Refuses a list as a whole, so that none is ever applied in part. */
function checkList(list: EndpointList): void {
  if (!Array.isArray(list)) throw optionError('discovery', 'list', list, 'an array of endpoints')
  const names = new Set<string>()
  for (const each of list) {
    const options = checkEndpoint(each, 'discovery')
    const address = readAddress(options, 'discovery')
    const name = options.name ?? address.name
    if (names.has(name)) throw optionError('discovery', 'endpoints', name, 'endpoints of different names')
    names.add(name)
  }
}
