import type { EdgeEvents, EventHub } from '../../events.js'
import type { Exchange } from '../../exchange.js'

/** Tells listeners what became of a request, where there are any. */
export class Teller {
  readonly #events: EventHub

  constructor(events: EventHub) {
    this.#events = events
  }

  tell(exchange: Exchange, result: EdgeEvents['cache']['result'], collapsed = false): void {
    if (this.#events.has('cache')) this.#events.emit('cache', { exchange, result, collapsed })
  }
}
