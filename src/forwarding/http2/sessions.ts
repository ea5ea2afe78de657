import type { Socket } from 'node:net'
import { EdgeError } from '../../errors.js'
import type { Milliseconds } from '../../options.js'
import type { Endpoint, Owned } from '../../upstream/endpoint.js'
import { openSocket } from '../open-socket.js'
import { PhaseTimer } from '../phase-timer.js'
import { Session, type SessionOptions, type SessionOwner } from './session.js'

export interface SessionsOptions extends SessionOptions {
  readonly allowHttp1: boolean
  readonly maxSessions: number
  readonly maxAgeMs: Milliseconds
}

/** What waits for a stream. */
export interface Waiter {
  /** Whether it wants no connection that may have died with the one it was on before. */
  readonly fresh: boolean
  begin(session: Session): void
  /** The endpoint has chosen HTTP/1.1. */
  beginOverHttp1(): void
  fail(error: Error): void
}

/**
 * The HTTP/2 connections to one endpoint. A request gets a stream on the first that has room; if none has, and fewer than
 * `maxSessions` are up, another is opened. Who waits does so in turn; how long is the attempt's affair. A connection that
 * is told to go away, or grows old, is replaced by the next request and ends with its last stream.
 */
export class Sessions implements Owned, SessionOwner {
  readonly #endpoint: Endpoint
  readonly #options: SessionsOptions
  readonly #live: Session[] = []
  /** Connections that no request can be sent on yet: with a session once they are connected. */
  readonly #opening = new Map<Socket, Session | null>()
  readonly #waiting = new Set<Waiter>()
  readonly #timers: PhaseTimer[] = []
  /** When a connection was last lost: whatever was up before may have died with it, and nobody knows yet. */
  #lostAt = 0
  #http1Until = 0
  #closed = false

  constructor(endpoint: Endpoint, options: SessionsOptions) {
    this.#endpoint = endpoint
    this.#options = options
  }

  /** Whether the endpoint is known to want HTTP/1.1. */
  speaksHttp1(now: number): boolean {
    return now < this.#http1Until
  }

  /** Has a stream begun, now or when there is room. Whether that was now. */
  take(waiter: Waiter, now: number): boolean {
    const session = this.#pick(waiter, now)
    if (session !== null) {
      waiter.begin(session)
      return true
    }
    this.#waiting.add(waiter)
    this.#openMore()
    return false
  }

  /** One that waits gives up. */
  forget(waiter: Waiter): void {
    if (!this.#waiting.delete(waiter) || this.#waiting.size > 0) return
    for (const socket of this.#opening.keys()) socket.destroy()
    this.#opening.clear()
  }

  /** A timer for one attempt; see {@link PhaseTimer}. */
  takeTimer(): PhaseTimer {
    return this.#timers.pop() ?? new PhaseTimer()
  }

  giveTimer(timer: PhaseTimer): void {
    timer.stop()
    if (this.#closed) timer.close()
    else this.#timers.push(timer)
  }

  /** Idle connections close now; busy ones when their streams have ended. */
  async close(): Promise<void> {
    this.#closed = true
    for (const timer of this.#timers.splice(0)) timer.close()
    await Promise.all([...this.#live].map((session) => (session.idle ? session.close() : session.retire(null))))
  }

  // ── the sessions' side ──

  up(session: Session): void {
    const socket = this.#socketOf(session)
    if (socket === undefined) return session.retire(null)
    this.#opening.delete(socket)
    this.#live.push(session)
    this.roomier()
    if (this.#waiting.size > 0) this.#openMore()
    if (this.#closed) session.retire(null)
  }

  roomier(): void {
    if (this.#waiting.size === 0) return
    const now = performance.now()
    for (const waiter of this.#waiting) {
      const session = this.#pick(waiter, now)
      if (session === null) continue
      this.#waiting.delete(waiter)
      waiter.begin(session)
    }
  }

  gone(session: Session, error: Error | null): void {
    this.#lostAt = performance.now()
    const at = this.#live.indexOf(session)
    if (at !== -1) this.#live.splice(at, 1)
    const socket = this.#socketOf(session)
    if (socket !== undefined) this.#failed(socket, error ?? new Error('closed before it was up'))
    if (this.#waiting.size > 0) this.#openMore()
  }

  #pick({ fresh }: Waiter, now: number): Session | null {
    this.#retireSpent(now)
    // With no newer connection to be had, one that may have died with the last is better than none.
    const newer = fresh && (this.#opening.size > 0 || this.#live.length < this.#options.maxSessions)
    for (const session of this.#live) if (session.hasRoom && (!newer || session.upSince >= this.#lostAt)) return session
    return null
  }

  /** From the end, since each that goes leaves the list. */
  #retireSpent(now: number): void {
    for (let at = this.#live.length - 1; at >= 0; at--) {
      const session = this.#live[at]!
      if (session.dead || session.upSince < now - this.#options.maxAgeMs) session.retire(null)
    }
  }

  #openMore(): void {
    const { maxSessions, maxConcurrentStreams } = this.#options
    while (
      this.#waiting.size > this.#opening.size * maxConcurrentStreams &&
      this.#live.length + this.#opening.size < maxSessions
    )
      this.#open()
  }

  #open(): void {
    const protocols = this.#options.allowHttp1 ? (['h2', 'http/1.1'] as const) : (['h2'] as const)
    const socket: Socket = openSocket(
      this.#endpoint,
      { protocols },
      {
        opened: (_, protocol) => {
          if (protocol === 'h2') this.#opening.set(socket, new Session(socket, this.#options, this))
          else this.#chosenHttp1(socket)
        },
        failed: (error) => this.#failed(socket, error),
      },
    )
    this.#opening.set(socket, null)
  }

  #socketOf(session: Session): Socket | undefined {
    for (const [socket, known] of this.#opening) if (known === session) return socket
    return undefined
  }

  /** Those who wait are told, but for those whom a connection that is up will serve. */
  #failed(socket: Socket, error: Error): void {
    if (!this.#opening.delete(socket)) return
    socket.destroy()
    if (this.#opening.size > 0) return
    for (const waiter of this.#waiting) {
      if (this.#live.length > 0 && !waiter.fresh) continue
      this.#waiting.delete(waiter)
      waiter.fail(error)
    }
  }

  #chosenHttp1(socket: Socket): void {
    if (!this.#options.allowHttp1)
      return this.#failed(socket, new EdgeError('ERR_EDGE_TLS', 'the upstream does not speak HTTP/2 (ALPN)'))
    this.#opening.delete(socket)
    socket.destroy()
    this.#http1Until = performance.now() + this.#options.maxAgeMs
    for (const waiter of this.#waiting) {
      this.#waiting.delete(waiter)
      waiter.beginOverHttp1()
    }
  }
}
