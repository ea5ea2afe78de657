import { type Body, bytesBody } from '../../body.js'
import type { Reply } from '../../reply.js'
import { ageAtReceipt, dateOf, lifetimeOf, type Presumptions } from './policy/freshness.js'
import type { Freshness } from './policy/reusing.js'
import { type Governing, governing } from './policy/targeted.js'
import type { CacheEntry } from './store.js'

/** What follows from an entry, worked out once: a hit does not read a field twice. */
export interface Facts extends Freshness {
  readonly entry: CacheEntry
  readonly said: Governing
  /** By its origin's clock. */
  readonly date: number
  readonly body: Body
  /** The last plain hit, good for all of its second. */
  hit: { readonly second: number; readonly reply: Reply } | null
}

/** Reads entries as a cache's options say. */
export class FactReader {
  readonly #known = new WeakMap<CacheEntry, Facts>()
  readonly #targeted: readonly string[]
  readonly #presumed: Presumptions

  constructor(targeted: readonly string[], presumed: Presumptions) {
    this.#targeted = targeted
    this.#presumed = presumed
  }

  /** @throws TypeError for what is no entry: of another version, or mangled where it was kept (H-188). */
  of(entry: CacheEntry): Facts {
    const known = this.#known.get(entry)
    if (known !== undefined) return known
    if (!isEntry(entry)) throw new TypeError('what the store holds is no entry of this version')
    const { status, headers, receivedAt, requestedAt, body } = entry
    const said = governing(headers, this.#targeted)
    const facts: Facts = {
      entry,
      said,
      lifetime: lifetimeOf(status, headers, said, receivedAt, this.#presumed),
      receivedAt,
      ageAtReceipt: ageAtReceipt(headers, requestedAt, receivedAt),
      date: dateOf(headers, receivedAt),
      // What is a Buffer already leaves in one write.
      body: bytesBody(Buffer.from(body.buffer as ArrayBuffer, body.byteOffset, body.byteLength)),
      hit: null,
    }
    this.#known.set(entry, facts)
    return facts
  }
}

function isEntry({
  variant,
  vary,
  selecting,
  status,
  headers,
  body,
  part,
  requestedAt,
  receivedAt,
}: CacheEntry): boolean {
  return (
    typeof variant === 'string' &&
    Array.isArray(vary) &&
    typeof selecting === 'object' &&
    Number.isInteger(status) &&
    typeof headers === 'object' &&
    body instanceof Uint8Array &&
    (part === null || typeof part?.first === 'number') &&
    Number.isFinite(requestedAt) &&
    Number.isFinite(receivedAt)
  )
}
