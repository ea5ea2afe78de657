import { LRUCache } from 'lru-cache'
import { type Bytes, check, checkOptions } from '../../../options.js'

/** How much is remembered of tokens. */
export interface TokenMemoryOptions {
  /** Most tokens. @default 10_000 */
  readonly max?: number | undefined
  /** Most characters of all these tokens together. @default 16 MiB */
  readonly maxBytes?: Bytes | undefined
}

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function checkMemory(factory: string, options: TokenMemoryOptions): void {
  checkOptions(`${factory} cache`, options, { max: check.whole(1, 10_000_000), maxBytes: check.whole(1, 2 ** 40) })
}

/**
 * What is known of tokens, each by all of its text: whatever shortens a key makes two tokens one, and gives one bearer another's claims
 * (H-130, GHSA-rp9m-7r4c-75qg). The least recently used go first.
 */
export class TokenMemory<T extends object> {
  readonly #known: LRUCache<string, T>

  constructor({ max = 10_000, maxBytes = 16_777_216 }: TokenMemoryOptions) {
    this.#known = new LRUCache({ max, maxSize: maxBytes, sizeCalculation: (_value, token) => token.length })
  }

  get(token: string): T | undefined {
    return this.#known.get(token)
  }

  set(token: string, value: T): void {
    // A copy: a slice would keep the whole field alive that it was cut out of.
    this.#known.set(Buffer.from(token, 'latin1').toString('latin1'), value)
  }

  delete(token: string): void {
    this.#known.delete(token)
  }
}
