import type { Socket } from 'node:net'
import { chunkOf, LARGEST_CHUNK, release, USUAL_CHUNK, WORTH_RELEASING } from '../../chunk-memory.js'
import { asError } from '../../errors.js'
import type { ReplyFields } from '../../http/reply-fields.js'
import type { Endpoint } from '../../upstream/endpoint.js'
import type { IdleConnections, KeptConnection } from '../idle-connections.js'
import { openSocket } from '../open-socket.js'
import { PhaseTimer } from '../phase-timer.js'
import type { ReplyHead } from './reply-head.js'
import { type Framing, type ReplyListener, ReplyReader } from './reply-reader.js'

/** The request that a connection carries. */
export interface Carried extends ReplyListener {
  /** The connection is up. */
  connected(): void
  /** It has taken all that was written. */
  drained(): void
  /** It is no more. */
  lost(error: Error): void
}

/** A longer pause is a slow client's: behind each large chunk there is a short one, until Node has handed it to the kernel. */
const SLOW_MS = 2
/** Where all connections read, one after the other: what is read of a head is dealt with before the next read. */
const shared = Buffer.allocUnsafeSlow(USUAL_CHUNK)

/** One connection to an endpoint, for one request at a time. */
export class Connection implements KeptConnection, ReplyListener {
  /** Lent to whichever attempt has the connection. */
  readonly timer: PhaseTimer = new PhaseTimer()
  readonly socket: Socket
  readonly #idle: IdleConnections<Connection>
  readonly #reader = new ReplyReader(this)
  /** Requests that it has carried. */
  served = 0
  connectedAt = 0
  idleUntil = 0
  #carried: Carried | null = null
  /** Memory of its own, for bodies that come in large pieces: a well filled one is handed on as it is. */
  #own: Buffer | null = null
  /** How large: as much as comes. */
  #size = USUAL_CHUNK
  /** How many bytes the last read brought. */
  #count = 0
  #up = false
  #persists = true
  #idleMs: number
  #reading = false
  #paused = false
  #pausedAt = 0
  #discarded = false

  constructor(endpoint: Endpoint, keepAliveMs: number, idle: IdleConnections<Connection>) {
    this.#idle = idle
    this.#idleMs = keepAliveMs
    const onread = {
      buffer: () => this.#nextBuffer(),
      callback: (count: number, bytes: Uint8Array) => this.#read(count, bytes as Buffer),
    }
    this.socket = openSocket(
      endpoint,
      { protocols: ['http/1.1'], onread },
      {
        opened: () => this.#opened(),
        failed: (error) => this.#lost(error),
      },
    )
    this.socket.on('end', () => this.#ended())
    this.socket.on('close', () => this.#lost(new Error('closed')))
    this.socket.on('drain', () => this.#carried?.drained())
  }

  get connected(): boolean {
    return this.#up && !this.socket.destroyed
  }

  /** Whether it is up, good for another request, and not given up. */
  get usable(): boolean {
    return this.connected && this.#persists && !this.#discarded
  }

  /** Gives it a request to carry, which it tells of everything from here on. */
  carry(carried: Carried): void {
    this.#carried = carried
    this.socket.ref()
  }

  /** The request is about to be sent: what is read from here on is its reply. */
  expectReply(): void {
    this.#reader.expect()
  }

  pause(): void {
    this.#paused = true
    this.#pausedAt = performance.now()
    if (!this.#reading) this.socket.pause()
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    // Of a slow client's body little is to be held.
    if (performance.now() - this.#pausedAt > SLOW_MS) this.#size = USUAL_CHUNK
    // While it reads, too: TLS hands on what it has decrypted already, though its reading was stopped.
    this.socket.resume()
  }

  /** Learns from a reply whether, and for how long, it stays open (RFC 9112 §9.3). */
  heed({ connection, keepAlive }: ReplyFields, minor: 0 | 1, framing: Framing): void {
    const says = (token: string): boolean => connection !== '' && connection.split(/[\t ,]+/).includes(token)
    if (framing === 'close' || says('close') || (minor === 0 && !says('keep-alive'))) this.#persists = false
    const seconds = keepAlive === '' ? null : /(?:^|[\s,;])timeout\s*=\s*"?([0-9]{1,9})/i.exec(keepAlive)
    // A second less: a request must not arrive just when the upstream closes (H-100).
    if (seconds !== null) this.#idleMs = Math.min(this.#idleMs, Number(seconds[1]) * 1_000 - 1_000)
  }

  /** Its request is done, and sent whole: the next one may have it, if the upstream keeps it. It keeps no process alive meanwhile. */
  release(): void {
    this.#carried = null
    this.resume()
    this.socket.unref()
    // Not before all that was read is known to have been this request's.
    if (!this.#reading) this.#park()
  }

  /** Nothing more goes over it; what it carries is cut off. */
  discard(): void {
    if (this.#discarded) return
    this.#discarded = true
    this.#carried = null
    this.#reader.stop()
    this.timer.close()
    this.#idle.gone(this)
    this.socket.destroy()
  }

  // ── the reply's side ──

  interim(head: ReplyHead): void {
    this.#carried!.interim(head)
  }

  head(head: ReplyHead): Framing {
    return this.#carried!.head(head)
  }

  data(view: Buffer): void {
    this.#carried?.data(this.#keep(view))
  }

  complete(trailers: readonly string[]): void {
    this.#carried?.complete(trailers)
  }

  /**
   * Memory that is this chunk's alone: what was read into, if nothing else stands there and it is well filled, so that little does not
   * hold on to much; else a copy.
   */
  #keep(view: Buffer): Buffer {
    if (view.byteLength < WORTH_RELEASING) return Buffer.from(view)
    const own = this.#own
    if (view.buffer === own?.buffer && view.byteLength === this.#count && this.#count >= own.byteLength / 2) {
      this.#own = null
      return view
    }
    const copy = Buffer.allocUnsafeSlow(view.byteLength)
    view.copy(copy)
    return copy
  }

  /** What the upstream has not taken of a request that it has answered would stand in the way of the next one. */
  #park(): void {
    this.idleUntil = performance.now() + this.#idleMs
    if (this.#idleMs <= 0 || this.socket.writableLength > 0) this.discard()
    else this.#idle.give(this)
  }

  #nextBuffer(): Buffer {
    if (this.#reader.inBody && this.#count >= WORTH_RELEASING) this.#own ??= chunkOf(this.#size)
    else if (this.#own !== null) {
      release(this.#own)
      this.#own = null
    }
    return this.#own ?? shared
  }

  /** What filled all of its memory may be more than that; what left most of it empty wants less. */
  #learn(count: number, room: number): void {
    if (count === room) this.#size = Math.min(2 * room, LARGEST_CHUNK)
    else if (count < room / 2) this.#size = Math.max(room / 2, USUAL_CHUNK)
  }

  /** @returns Whether to read on. */
  #read(count: number, bytes: Buffer): boolean {
    this.#reading = true
    this.#count = count
    this.#learn(count, bytes.byteLength)
    try {
      // Bytes that nobody asked for: another's reply, perhaps (H-103, H-104).
      if (this.#reader.read(bytes, count) < count) this.#lost(new Error('bytes that belong to no reply'))
    } catch (error) {
      this.#lost(asError(error))
    } finally {
      this.#reading = false
    }
    if (this.#carried === null && !this.#discarded) this.#park()
    return !this.#paused
  }

  #opened(): void {
    this.#up = true
    this.connectedAt = performance.now()
    this.#carried?.connected()
  }

  #ended(): void {
    this.#persists = false
    try {
      if (!this.#reader.finish()) this.#lost(new Error('ended by the upstream'))
    } catch (error) {
      this.#lost(asError(error))
    }
  }

  #lost(error: Error): void {
    const carried = this.#carried
    this.discard()
    carried?.lost(error)
  }
}
