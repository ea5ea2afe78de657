import type { Exchange } from '../../exchange.js'
import type { PlainHandler } from '../../filter.js'
import type { ForwardReason } from './cache-status.js'
import type { Directives } from './policy/directives.js'

/** One GET or HEAD on its way through a cache. */
export interface Ask {
  readonly exchange: Exchange
  readonly next: PlainHandler
  readonly key: string
  readonly url: string
  /** What the client says by Cache-Control; `null` for nothing, or for a cache that does not listen. */
  readonly wish: Directives | null
  /** Why it goes on to the upstream, if it does. */
  readonly why: ForwardReason
  /** Whether it waited for another request's reply. */
  readonly collapsed: boolean
}

/** When a request left and when the head of its reply was there, in milliseconds since 1970. */
export interface Times {
  readonly requestedAt: number
  readonly receivedAt: number
}
