import { EdgeError } from '../../errors.js'
import type { DetachedExchange } from '../../exchange.js'
import { discard } from '../../reply.js'
import type { Ask } from './asking.js'
import type { Facts } from './facts.js'
import type { Fetcher } from './fetching.js'
import { unconditional } from './policy/validating.js'

/** Checks stale replies behind the backs of clients that were served them (RFC 5861 §3): one at a time for each. */
export class Refresher {
  readonly #fetcher: Fetcher
  readonly #running = new Map<string, DetachedExchange>()

  constructor(fetcher: Fetcher) {
    this.#fetcher = fetcher
  }

  /** Begins, unless it is under way. Nothing of the client's is used that ends with it: neither its signal nor its connection. */
  refresh(ask: Ask, facts: Facts): void {
    const name = `${ask.key}\n${facts.entry.variant}`
    if (this.#running.has(name)) return
    const detached = ask.exchange.detach()
    this.#running.set(name, detached)
    const exchange = detached.with({ method: 'GET', headers: unconditional(detached.headers) })
    const done = (reason: Error): void => {
      this.#running.delete(name)
      detached.end(reason)
    }
    // Outcome and failure are nobody's to see; what is stored stays, and the next one to use it tries again.
    this.#fetcher.fetch({ ...ask, exchange, why: 'stale' }, facts).then(
      (reply) => {
        if (reply.body.kind !== 'stream') return done(FINISHED)
        reply.body.onClose(() => done(FINISHED))
        discard(reply)
      },
      () => done(FINISHED),
    )
  }

  /** Cuts off what is under way. */
  close(): void {
    for (const running of [...this.#running.values()])
      running.end(new EdgeError('ERR_EDGE_CLOSING', 'the cache is closing'))
    this.#running.clear()
  }
}

const FINISHED = new EdgeError('ERR_EDGE_CLIENT_CLOSED', 'the refresh is over')
