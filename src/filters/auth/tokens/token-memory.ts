import { LRUCache } from 'lru-cache'
import { type Bytes, type Check, check } from '../../../options.js'

/** How much is remembered of tokens. */
export interface TokenMemoryOptions {
  /** Most tokens. @default 10_000 */
  readonly max?: number | undefined
  /** Most characters of all these tokens together. @default 16 MiB */
  readonly maxBytes?: Bytes | undefined
}

/** The checks of {@link TokenMemoryOptions}, for `checkOptions`. */
export const memoryChecks: Readonly<Record<keyof TokenMemoryOptions, Check>> = {
  max: check.whole(1, 10_000_000),
  maxBytes: check.whole(1, 2 ** 40),
}

/** What is known of one token. */
interface Remembered<T> {
  readonly token: string
  readonly value: T
}

/**
 * What is known of tokens, each by all of its text: whatever shortens it makes two tokens one, and gives one bearer another's claims
 * (H-130, GHSA-rp9m-7r4c-75qg). A long one is looked up by its end, a signature, and then compared as a whole: V8 hashes 570 characters in
 * 1.5 µs and compares them in a tenth of that. The least recently used go first.
 */
export class TokenMemory<T extends object> {
  readonly #known: LRUCache<string, Remembered<T>>

  constructor({ max = 10_000, maxBytes = 16_777_216 }: TokenMemoryOptions) {
    this.#known = new LRUCache({ max, maxSize: maxBytes, sizeCalculation: ({ token }) => token.length })
  }

  get(token: string): T | undefined {
    return valueFor(token, this.#known.get(keyOf(token)))
  }

  /** The same, without its being used. */
  peek(token: string): T | undefined {
    return valueFor(token, this.#known.peek(keyOf(token)))
  }

  set(token: string, value: T): void {
    // A copy: a slice would keep the whole field alive that it was cut out of.
    const own = Buffer.from(token, 'latin1').toString('latin1')
    this.#known.set(keyOf(own), { token: own, value })
  }
}

function valueFor<T>(token: string, found: Remembered<T> | undefined): T | undefined {
  return found !== undefined && found.token === token ? found.value : undefined
}

function keyOf(token: string): string {
  return token.length <= 128 ? token : token.slice(-43)
}
