import type { Milliseconds } from '../../options.js'
import type { Endpoint, Owned } from '../../upstream/endpoint.js'
import { Connection } from './connection.js'

/** How long connections are kept. */
export interface KeepAliveOptions {
  /** Idle time after which a connection is closed; an upstream's `Keep-Alive: timeout`, less a second, wins (H-100). */
  readonly keepAliveMs: Milliseconds
  /** Age past which a connection takes no further request, so that a changed name is resolved anew (H-099). */
  readonly maxAgeMs: Milliseconds
}

/**
 * The connections to one endpoint, each for one request at a time; the one used last is used next. There is no queue here: a request
 * that is given up while it connects is given up at once, and a take costs the same with 1,000 connections as with one.
 */
export class Connections implements Owned {
  readonly #endpoint: Endpoint
  readonly #options: KeepAliveOptions
  /** Those idle longest come first. */
  readonly #idle: Connection[] = []
  #sweep: NodeJS.Timeout | null = null
  #sweepAt = Infinity
  #closed = false

  constructor(endpoint: Endpoint, options: KeepAliveOptions) {
    this.#endpoint = endpoint
    this.#options = options
  }

  /** @param now The time, which the caller has just read. */
  take(fresh: boolean, now: number): Connection {
    for (let idle = fresh ? undefined : this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      // One whose socket has just been destroyed (bytes behind a reply, a FIN) is told of later: not to be given a request.
      if (idle.usable && idle.idleUntil > now && idle.connectedAt > now - this.#options.maxAgeMs) return idle
      idle.discard()
    }
    return new Connection(this.#endpoint, this.#options.keepAliveMs, this)
  }

  /** @internal */
  idle(connection: Connection): void {
    if (this.#closed) return connection.discard()
    this.#idle.push(connection)
    // Sooner than the sweep that is due, if its upstream keeps it for less long than others.
    if (this.#sweep === null || connection.idleUntil < this.#sweepAt) this.#sweepBy(connection.idleUntil)
  }

  /** @internal */
  gone(connection: Connection): void {
    const at = this.#idle.indexOf(connection)
    if (at !== -1) this.#idle.splice(at, 1)
  }

  /** Idle connections close now; busy ones when their request is done. */
  async close(): Promise<void> {
    this.#closed = true
    if (this.#sweep !== null) clearTimeout(this.#sweep)
    for (const connection of this.#idle.splice(0)) connection.discard()
  }

  /** One timer for all: closes those that have been idle for too long, and comes again when the next will have been. */
  #sweepBy(time: number): void {
    if (this.#sweep !== null) clearTimeout(this.#sweep)
    this.#sweepAt = time
    this.#sweep = setTimeout(
      () => {
        this.#sweep = null
        const now = performance.now()
        for (const connection of this.#idle.filter(({ idleUntil }) => idleUntil <= now)) connection.discard()
        const next = this.#idle.reduce((least, { idleUntil }) => Math.min(least, idleUntil), Infinity)
        if (next !== Infinity) this.#sweepBy(next)
      },
      Math.ceil(time - performance.now()),
    ).unref()
  }
}
