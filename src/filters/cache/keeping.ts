import { withoutOwnCookies } from '../../forwarding/own-cookies.js'
import { changeHeaders, fieldValue, type HeaderMap } from '../../http/header-map.js'
import type { Reply } from '../../reply.js'
import type { Ask, Times } from './asking.js'
import { hasCredentials } from './credentials.js'
import type { FactReader, Facts } from './facts.js'
import { type Fill, type Fills, isCurrent } from './fills.js'
import { statedAge, statedLifetime } from './policy/freshness.js'
import { type Part, parsePart } from './policy/ranges.js'
import { ageOf, staleWindow } from './policy/reusing.js'
import { selectingFields, variantName, varyNames } from './policy/selecting.js'
import { type Refusal, type StoringRules, storedHeaders, whyNotStored } from './policy/storing.js'
import { governing } from './policy/targeted.js'
import { merged } from './policy/validating.js'
import type { Shelf } from './shelf.js'
import type { CacheEntry } from './store.js'
import { type Tagger, urlTag } from './tagging.js'

/** What a keeper works with. */
export interface Stock {
  readonly shelf: Shelf
  readonly facts: FactReader
  readonly fills: Fills
  readonly tagger: Tagger
  readonly rules: StoringRules
  readonly targeted: readonly string[]
  readonly maxEntryBytes: number
  readonly keepStaleMs: number
}

/** A reply that may be stored once its body is there. */
export interface Draft {
  readonly entry: Omit<CacheEntry, 'body'>
}

/** Decides what is stored, and stores it. */
export class Keeper {
  readonly #stock: Stock

  constructor(stock: Stock) {
    this.#stock = stock
  }

  /** The entry that a reply makes, but for its body; or why it makes none. */
  draft(
    ask: Pick<Ask, 'exchange' | 'key' | 'url'>,
    reply: Reply,
    at: Times,
  ): Draft | Refusal | 'too-large' | 'tags' | 'partial' {
    const { rules, targeted, maxEntryBytes, tagger } = this.#stock
    const { exchange } = ask
    const { status, body } = reply
    const headers = withoutOwnCookies(exchange, reply.headers)
    const said = governing(headers, targeted)
    const response = { status, headers, said, receivedAt: at.receivedAt }
    const refusal = whyNotStored(exchange.headers, response, rules, hasCredentials(exchange))
    if (refusal !== null) return refusal
    if (body.length !== undefined && body.length > maxEntryBytes) return 'too-large'
    const part = status === 206 ? parsePart(fieldValue(headers, 'content-range'), body.length) : null
    if (status === 206 && part === null) return 'partial'
    const tags = tagger.of(exchange, reply)
    if (tags === null) return 'tags'
    const vary = varyNames(headers)!
    return {
      entry: {
        variant: variantName(vary, exchange),
        vary,
        selecting: selectingFields(vary, exchange),
        status,
        headers: tagger.shown(storedHeaders(response, rules)),
        part,
        requestedAt: at.requestedAt - statedAge(headers),
        receivedAt: at.receivedAt,
        tags: ask.key === ask.url ? tags : [...tags, urlTag(ask.url)],
      },
    }
  }

  /**
   * Stores a draft with its body, unless it has been outdated meanwhile.
   *
   * @returns What is stored now, or `null`.
   */
  store(key: string, { entry }: Draft, body: Uint8Array, fill: Fill): Facts | null {
    const { part, status } = entry
    if (part !== null && !fits(part, body)) return null
    const length = status === 204 || status === 205 ? undefined : String(body.byteLength)
    return this.#put(key, { ...entry, headers: changeHeaders(entry.headers, { 'content-length': length }), body }, fill)
  }

  /**
   * An entry with what a validation says of it (RFC 9111 §3.2), stored in its place; dropped if it may not be stored any longer.
   *
   * @param answer The fields of a 304, or of the answer to a HEAD.
   */
  update(ask: Ask, { entry }: Facts, answer: HeaderMap, at: Times, fill: Fill): Facts {
    const { rules, targeted, shelf, facts, tagger } = this.#stock
    const { exchange, key } = ask
    const said = governing(answer, targeted)
    const fields = storedHeaders({ status: 304, headers: answer, said, receivedAt: at.receivedAt }, rules)
    const headers = tagger.shown(merged(entry.headers, fields))
    const updated = {
      ...entry,
      headers,
      requestedAt: at.requestedAt - statedAge(answer),
      receivedAt: at.receivedAt,
    }
    const response = { status: entry.status, headers, said: governing(headers, targeted), receivedAt: at.receivedAt }
    const refusal = whyNotStored(exchange.headers, response, rules, hasCredentials(exchange))
    if (refusal === null) return this.#put(key, updated, fill) ?? facts.of(updated)
    // That this client shows credentials says nothing about what the others were given.
    if (refusal !== 'authorization') void shelf.remove(key, entry.variant)
    return facts.of(updated)
  }

  /** Whether a draft says itself how long it is good for. */
  isStated({ entry }: Draft): boolean {
    const { headers, receivedAt } = entry
    return statedLifetime(headers, governing(headers, this.#stock.targeted), receivedAt) !== undefined
  }

  remove(key: string, { variant }: CacheEntry): Promise<void> | void {
    return this.#stock.shelf.remove(key, variant)
  }

  /** A reply's fields as its client gets them. */
  shown(headers: HeaderMap): HeaderMap {
    return this.#stock.tagger.shown(headers)
  }

  #put(key: string, entry: CacheEntry, fill: Fill): Facts | null {
    if (!isCurrent(fill, entry.tags)) return null
    const { shelf, keepStaleMs } = this.#stock
    const facts = this.#stock.facts.of(entry)
    const left = Math.max(0, facts.lifetime - ageOf(facts, facts.receivedAt))
    void shelf.put(key, entry, left + Math.max(staleWindow(facts.said), keepStaleMs))
    return facts
  }
}

/** A 206 whose length belies its Content-Range is not a part of anything (H-180). */
function fits({ first, last }: Part, body: Uint8Array): boolean {
  return body.byteLength === last - first + 1
}
