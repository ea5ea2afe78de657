import { check, checkOptions, type Milliseconds } from '../options.js'
import type { Owned } from '../upstream/endpoint.js'

/** How connections of HTTP/1.1 are kept, and their replies read. */
export interface KeptOptions {
  /** Idle time after which a connection is closed; must be shorter than the upstream's own. @default 4000 */
  readonly keepAliveMs?: Milliseconds | undefined
  /** Age past which a connection takes no further request. @default 300000 */
  readonly maxConnectionAgeMs?: Milliseconds | undefined
  /**
   * A reply whose Transfer-Encoding is not `chunked`: a 502 (H-105); or, for an upstream that names codings it does not use, read to the
   * end of its connection (RFC 9112 §6.3) and passed on as it comes. @default 'refuse'
   */
  readonly unknownTransferCoding?: 'refuse' | 'pass' | undefined
}

/** How long connections are kept. */
export interface KeepAlive {
  /** Idle time after which a connection is closed; an upstream's `Keep-Alive: timeout`, less a second, wins (H-100). */
  readonly keepAliveMs: Milliseconds
  /** Age past which a connection takes no further request, so that a changed name is resolved anew (H-099). */
  readonly maxAgeMs: Milliseconds
}

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function compileKept(factory: string, options: KeptOptions): { keepAlive: KeepAlive; lenient: boolean } {
  checkOptions(factory, options, {
    keepAliveMs: check.duration,
    maxConnectionAgeMs: check.duration,
    unknownTransferCoding: check.oneOf('refuse', 'pass'),
  })
  return {
    keepAlive: { keepAliveMs: options.keepAliveMs ?? 4_000, maxAgeMs: options.maxConnectionAgeMs ?? 300_000 },
    lenient: options.unknownTransferCoding === 'pass',
  }
}

/** A connection that carries one request at a time. */
export interface KeptConnection {
  /** Whether it is up, and good for another request. */
  readonly usable: boolean
  readonly connectedAt: number
  /** When it has been idle for too long. */
  readonly idleUntil: number
  /** Nothing more goes over it. */
  discard(): unknown
}

/**
 * The connections to one endpoint that wait for a request; the one used last is used next. There is no queue here: a request that is
 * given up while it connects is given up at once, and a take costs the same with 1,000 connections as with one.
 */
export class IdleConnections<C extends KeptConnection> implements Owned {
  readonly #open: (idle: IdleConnections<C>) => C
  readonly #maxAgeMs: Milliseconds
  /** Those idle longest come first. */
  readonly #idle: C[] = []
  #sweep: NodeJS.Timeout | null = null
  /** When the next sweep is due. */
  #sweptAt = Infinity
  #closed = false

  constructor(open: (idle: IdleConnections<C>) => C, maxAgeMs: Milliseconds) {
    this.#open = open
    this.#maxAgeMs = maxAgeMs
  }

  /** @param now The time, which the caller has just read. */
  take(fresh: boolean, now: number): C {
    for (let idle = fresh ? undefined : this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      // One whose socket has just been destroyed (bytes behind a reply, a FIN) is told of later: not to be given a request.
      if (idle.usable && idle.idleUntil > now && idle.connectedAt > now - this.#maxAgeMs) return idle
      idle.discard()
    }
    return this.#open(this)
  }

  /** Its request is done. */
  give(connection: C): void {
    if (this.#closed || !connection.usable) {
      connection.discard()
      return
    }
    this.#idle.push(connection)
    // Sooner than the sweep that is due, if its upstream keeps it for less long than others.
    if (connection.idleUntil < this.#sweptAt) this.#sweepAt(connection.idleUntil)
  }

  /** It is no more. */
  gone(connection: C): void {
    const at = this.#idle.indexOf(connection)
    if (at !== -1) this.#idle.splice(at, 1)
  }

  /** Idle connections close now; busy ones when their request is done. */
  async close(): Promise<void> {
    this.#closed = true
    if (this.#sweep !== null) clearTimeout(this.#sweep)
    await Promise.all(this.#idle.splice(0).map((connection) => connection.discard()))
  }

  /** One timer for all: closes those that have been idle for too long, and comes again when the next will have been. */
  #sweepAt(time: number): void {
    this.#sweptAt = time
    if (this.#sweep !== null) clearTimeout(this.#sweep)
    if (time === Infinity) return
    this.#sweep = setTimeout(
      () => {
        this.#sweptAt = Infinity
        const now = performance.now()
        for (const connection of this.#idle.filter(({ idleUntil }) => idleUntil <= now)) connection.discard()
        if (this.#idle.length > 0) this.#sweepAt(Math.min(...this.#idle.map(({ idleUntil }) => idleUntil)))
      },
      // Behind a stall that time may be over; Node warns of a negative one.
      Math.max(1, Math.ceil(time - performance.now())),
    ).unref()
  }
}
