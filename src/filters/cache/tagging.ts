import type { EventHub } from '../../events.js'
import type { Exchange } from '../../exchange.js'
import { changeHeaders, fieldValue, type HeaderMap } from '../../http/header-map.js'
import type { Reply } from '../../reply.js'

type TagFunction = (exchange: Exchange, reply: Reply) => readonly string[]

const MOST_TAGS = 128
const LONGEST_TAG = 1024

/** Finds the tags of replies. */
export class Tagger {
  readonly #fields: readonly string[]
  readonly #hidden: HeaderMap | null
  readonly #tags: TagFunction | undefined
  readonly #events: EventHub

  constructor(fields: readonly string[], keepFields: boolean, tags: TagFunction | undefined, events: EventHub) {
    this.#events = events
    this.#fields = fields.map((name) => name.toLowerCase())
    this.#hidden = keepFields ? null : Object.fromEntries(this.#fields.map((name) => [name, undefined]))
    this.#tags = tags
  }

  /** A reply's tags; `null` where they are not known, or more than are kept: stored without them, it could not be purged. */
  of(exchange: Exchange, reply: Reply): readonly string[] | null {
    let found: Set<string>
    try {
      found = new Set(this.#tags?.(exchange, reply))
    } catch (error) {
      this.#events.emit('fault', { where: 'cache tags', error })
      return null
    }
    for (const name of this.#fields)
      for (const tag of (fieldValue(reply.headers, name) ?? '').split(/[ \t,]+/)) if (tag !== '') found.add(tag)
    const tags = [...found]
    return tags.length > MOST_TAGS || tags.some((tag) => tag.length > LONGEST_TAG) ? null : tags
  }

  /** A reply's fields as clients see them. */
  shown(headers: HeaderMap): HeaderMap {
    return this.#hidden !== null && this.#fields.some((name) => headers[name] !== undefined)
      ? changeHeaders(headers, this.#hidden)
      : headers
  }
}

/** What an entry can be found by whose key holds more than its URL. */
export function urlTag(url: string): string {
  return `edgewise url ${url}`
}
