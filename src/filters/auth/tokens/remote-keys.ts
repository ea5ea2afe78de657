import { asError, EdgeError } from '../../../errors.js'
import type { EventHub } from '../../../events.js'
import type { Milliseconds } from '../../../options.js'
import type { AllowedAlgorithms } from './algorithms.js'
import { type FetchBounds, fetchText } from './bounded-fetch.js'
import { readJwks } from './jwks-document.js'
import { KeySet } from './key-set.js'
import type { KeySource } from './key-source.js'
import type { Timeline } from './timeline.js'
import type { VerificationKey } from './verification-key.js'

export interface RemoteKeysOptions {
  readonly uri: string
  readonly allowed: AllowedAlgorithms
  readonly bounds: FetchBounds
  readonly maxAgeMs: Milliseconds
  readonly staleMs: Milliseconds
  readonly cooldownMs: Milliseconds
  readonly maxKeys: number
  readonly timeline: Timeline
  readonly random: () => number
  readonly events: EventHub
}

/** When keys are renewed in the background, as a part of the age they may have; less up to a tenth, so that many gateways don't ask at once. */
const EARLY = 0.8
/** While there are no keys nothing works: the first tries come faster than the cool-down. */
const FIRST_WAIT_MS = 1_000

/**
 * Keys of a JWK set elsewhere (H-131): fetched once at a time, again before they are too old, and for a `kid` that is not among them; never
 * more often than the cool-down says, whatever tokens come. While fetches fail the old keys serve on, for a bound.
 */
export class RemoteKeys implements KeySource {
  readonly #options: RemoteKeysOptions
  readonly #shown: string
  #byJson: ReadonlyMap<string, VerificationKey> = new Map()
  #set = new KeySet([])
  /** Moment until which the keys hold. */
  #until = -Infinity
  #loadedAt = -Infinity
  /** Moment before which nothing is fetched. */
  #notBefore = -Infinity
  #failures = 0
  #pending: Promise<void> | null = null
  #timer: unknown
  readonly #closing = new AbortController()
  #failure: Error | null = null

  constructor(options: RemoteKeysOptions) {
    this.#options = options
    const { origin, pathname } = new URL(options.uri)
    this.#shown = origin + pathname
  }

  now(): Milliseconds {
    return this.#options.timeline.now()
  }

  /** In the background: a gateway starts without its keys, too. */
  start(): void {
    void this.#load()
  }

  close(): void {
    this.#closing.abort()
    this.#options.timeline.clearTimeout(this.#timer)
  }

  find(algorithm: string, kid: string | undefined): readonly VerificationKey[] | Promise<readonly VerificationKey[]> {
    const known = this.peek(algorithm, kid)
    if (known !== undefined) return known
    const now = this.now()
    const isBarred = this.#pending === null && (this.#closing.signal.aborted || now < this.#notBefore)
    return (isBarred ? Promise.resolve() : this.#load()).then(() => this.#known(algorithm, kid))
  }

  peek(algorithm: string, kid: string | undefined): readonly VerificationKey[] | undefined {
    if (this.now() >= this.#until) return undefined
    const found = this.#set.find(algorithm, kid)
    return found.length > 0 ? found : undefined
  }

  #known(algorithm: string, kid: string | undefined): readonly VerificationKey[] {
    const now = this.now()
    if (now < this.#until) return this.#set.find(algorithm, kid)
    const seconds = String(Math.max(1, Math.ceil((this.#notBefore - now) / 1000)))
    throw new EdgeError('ERR_EDGE_AUTH_SOURCE', `no keys from ${this.#shown}`, {
      cause: this.#failure,
      headers: { 'retry-after': seconds },
    })
  }

  #load(): Promise<void> {
    this.#pending ??= this.#fetch().finally(() => {
      this.#pending = null
    })
    return this.#pending
  }

  async #fetch(): Promise<void> {
    const { uri, bounds, allowed, maxKeys, timeline } = this.#options
    timeline.clearTimeout(this.#timer)
    try {
      const { status, text } = await fetchText(
        uri,
        { headers: { accept: 'application/json' } },
        { ...bounds, closing: this.#closing.signal },
      )
      if (status !== 200) throw new Error(`status ${status}`)
      this.#take(readJwks(text, allowed, maxKeys))
    } catch (error) {
      this.#fail(asError(error))
    }
  }

  #take(fetched: ReadonlyMap<string, VerificationKey>): void {
    const { maxAgeMs, cooldownMs, random } = this.#options
    const before = this.#byJson
    const now = this.now()
    const isNew =
      this.#failures > 0 || fetched.size !== before.size || [...fetched.keys()].some((key) => !before.has(key))
    // Verified tokens hold on to their key: one that is still there must be the same, one that has gone must say so.
    this.#byJson = new Map([...fetched].map(([json, key]) => [json, before.get(json) ?? key]))
    for (const [json, key] of before) if (!fetched.has(json)) key.usableUntil = -Infinity
    this.#set = new KeySet([...this.#byJson.values()])
    this.#loadedAt = now
    this.#failures = 0
    this.#failure = null
    this.#keepUntil(now + maxAgeMs)
    this.#notBefore = now + cooldownMs
    this.#again(maxAgeMs * (EARLY - random() / 10))
    if (isNew) this.#tell('loaded', `${fetched.size} keys`)
  }

  #fail(error: Error): void {
    const { maxAgeMs, staleMs, cooldownMs } = this.#options
    const now = this.now()
    this.#failures++
    this.#failure = error
    this.#keepUntil(this.#loadedAt + maxAgeMs + staleMs)
    const has = now < this.#until
    const wait = has ? cooldownMs : Math.min(cooldownMs, FIRST_WAIT_MS * 2 ** (this.#failures - 1))
    this.#notBefore = now + wait
    this.#again(wait)
    this.#tell(has ? 'stale' : 'failed', error.message)
  }

  #keepUntil(moment: Milliseconds): void {
    this.#until = moment
    for (const key of this.#byJson.values()) key.usableUntil = moment
  }

  #again(ms: Milliseconds): void {
    if (!this.#closing.signal.aborted)
      this.#timer = this.#options.timeline.setTimeout(() => void this.#load(), Math.ceil(ms))
  }

  /** Once it is closed, a fetch that was cut off is nobody's trouble. */
  #tell(change: 'loaded' | 'stale' | 'failed', why: string): void {
    const { events } = this.#options
    if (events.has('keys') && !this.#closing.signal.aborted) events.emit('keys', { source: this.#shown, change, why })
  }
}
