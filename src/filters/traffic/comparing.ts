import type { EventHub } from '../../events.js'
import type { Exchange } from '../../exchange.js'
import { emptyHeaders } from '../../http/header-map.js'
import type { Bytes } from '../../options.js'
import type { Reply } from '../../reply.js'
import { collect, drink } from '../cache/collect.js'
import type { MirrorAnswer, MirrorComparison } from './mirror-options.js'

/** Waits for the two answers to one request, and shows them to the user's hook. */
export class Comparing {
  readonly #exchange: Exchange
  readonly #compare: (comparison: MirrorComparison) => void
  readonly #limit: Bytes
  readonly #events: EventHub
  readonly #began = performance.now()
  #main: MirrorAnswer | null = null
  #mirrored: MirrorAnswer | null = null

  constructor(exchange: Exchange, compare: (comparison: MirrorComparison) => void, limit: Bytes, events: EventHub) {
    this.#exchange = exchange
    this.#compare = compare
    this.#limit = limit
    this.#events = events
  }

  /** The main answer, which is copied as it passes at its client's pace. */
  main(answer: Promise<Reply>): Promise<Reply> {
    return answer.then(
      (reply) => ({
        ...reply,
        body: collect(reply.body, this.#limit, (collected) => {
          this.#main = this.#answer(reply, collected)
          this.#tell()
        }),
      }),
      (error) => {
        this.#main = this.#failure(error)
        this.#tell()
        throw error
      },
    )
  }

  mirrored(reply: Reply): void {
    drink(reply.body, this.#limit, (collected) => {
      this.#mirrored = this.#answer(reply, collected)
      this.#tell()
    })
  }

  failed(error: Error): void {
    this.#mirrored = this.#failure(error)
    this.#tell()
  }

  #answer({ status, headers }: Reply, collected: Uint8Array | string): MirrorAnswer {
    const body = typeof collected === 'string' ? null : collected
    return { status, headers, body, error: null, tookMs: performance.now() - this.#began }
  }

  #failure(error: Error): MirrorAnswer {
    return { status: null, headers: emptyHeaders(), body: null, error, tookMs: performance.now() - this.#began }
  }

  #tell(): void {
    if (this.#main === null || this.#mirrored === null) return
    try {
      this.#compare({ exchange: this.#exchange, main: this.#main, mirrored: this.#mirrored })
    } catch (error) {
      this.#events.emit('fault', { where: 'compare of mirror', error })
    }
  }
}
