import { emptyBody } from '../../body.js'
import type { Exchange } from '../../exchange.js'
import type { PlainHandler } from '../../filter.js'
import { fieldValue } from '../../http/header-map.js'
import type { Reply } from '../../reply.js'
import { isUnkeyable, type Keys } from './cache-key.js'
import { collect } from './collect.js'
import type { Fills } from './fills.js'
import type { Keeper } from './keeping.js'
import { outdatedUrls, outdates } from './policy/invalidating.js'
import type { Shelf } from './shelf.js'
import { urlTag } from './tagging.js'

export interface InvalidatorParts {
  readonly keys: Keys
  readonly keeper: Keeper
  readonly shelf: Shelf
  readonly fills: Fills
  readonly maxEntryBytes: number
  readonly now: () => number
}

/** Lets what changes something outdate what is stored of it (RFC 9111 §4.4). */
export class Invalidator {
  readonly #parts: InvalidatorParts

  constructor(parts: InvalidatorParts) {
    this.#parts = parts
  }

  /** Sends a request with an unsafe method on; its client has the reply when everything is gone that it outdates. */
  async change(exchange: Exchange, next: PlainHandler): Promise<Reply> {
    const { keys, now } = this.#parts
    const requestedAt = now()
    const reply = await next(exchange)
    if (!outdates(reply.status) || exchange.client.host === null) return reply
    const receivedAt = now()
    const { url, key } = keys.of(exchange)
    const named = outdatedUrls(url, reply.headers).flatMap((each) => keys.canonical(each) ?? [])
    await Promise.all([this.#outdate(url, key), ...named.map((each) => this.#outdate(each, each))])
    return exchange.method === 'POST' ? this.#keepForGet(exchange, reply, { requestedAt, receivedAt }) : reply
  }

  #outdate(url: string, key: string): Promise<void> {
    const { fills, shelf } = this.#parts
    fills.outdate(url)
    return shelf.empty(key, urlTag(url))
  }

  /** A POST's reply is what a GET would get if it says so, and how long it is good for (RFC 9110 §9.3.3). */
  #keepForGet(exchange: Exchange, reply: Reply, at: { requestedAt: number; receivedAt: number }): Reply {
    const { keys, keeper, fills, maxEntryBytes } = this.#parts
    const location = fieldValue(reply.headers, 'content-location')
    if (location === undefined || reply.status !== 200 || isOverridden(exchange)) return reply
    const { key, url } = keys.of(exchange)
    const named = URL.parse(location, url)
    if (named === null || keys.canonical(named) !== url) return reply
    const draft = keeper.draft({ exchange, key, url }, reply, at)
    if (typeof draft === 'string' || !keeper.isStated(draft)) return reply
    const fill = fills.begin(url)
    const body = collect(reply.body, maxEntryBytes, (collected) => {
      if (typeof collected !== 'string') keeper.store(key, draft, collected, fill)
      fills.end(fill)
    })
    return { ...reply, body }
  }
}

/** Its body is what the reply depends on, but that is said by the reply; a method in disguise is not. */
function isOverridden(exchange: Exchange): boolean {
  return isUnkeyable(exchange.with({ body: emptyBody }))
}
