import { type ClientHttp2Session, type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from 'node:http2'
import type { Socket } from 'node:net'
import type { Milliseconds } from '../../options.js'

/** Bytes that an upstream may send ahead of a reader: enough for 100 Mbit/s over 20 ms, and all that a reader who stalls can hold. */
const STREAM_WINDOW = 256 * 1024
/** The same of all streams of a connection together. Node gives back at once what it has read, whichever stream it was for. */
const CONNECTION_WINDOW = 1024 * 1024
/** Fields of a reply that Node takes; a few more than what a header map may hold, so that the map's own limit is what is told. */
const MAX_FIELDS = 512

export interface SessionOptions {
  readonly maxConcurrentStreams: number
  readonly keepAliveMs: Milliseconds
  readonly pingIntervalMs: Milliseconds
  readonly pingTimeoutMs: Milliseconds
}

/** Who holds sessions. */
export interface SessionOwner {
  /** The upstream has greeted: requests may be sent. */
  up(session: Session): void
  /** It can take another stream than before. */
  roomier(session: Session): void
  /** It takes no further stream; what it carries may go on. */
  gone(session: Session, error: Error | null): void
}

/** One HTTP/2 connection to an endpoint. */
export class Session {
  readonly #socket: Socket
  readonly #session: ClientHttp2Session
  readonly #options: SessionOptions
  readonly #owner: SessionOwner
  #limit: number
  #open = 0
  #up = false
  #gone = false
  /** The last stream that the upstream says it has looked at, once it goes away. */
  #lastStream: number | null = null
  #idleSince = 0
  #idleTimer: NodeJS.Timeout | null = null
  #pingTimer: NodeJS.Timeout | null = null
  #pongTimer: NodeJS.Timeout | null = null
  /** Whether an answer to a PING must come first, since a request had none in time. */
  #doubted = false
  /** Requests that it has been given so far. */
  served = 0
  upSince = 0

  constructor(socket: Socket, options: SessionOptions, owner: SessionOwner) {
    this.#socket = socket
    this.#options = options
    this.#owner = owner
    this.#limit = options.maxConcurrentStreams
    // Each request says its own scheme and authority.
    const session = connect('http://localhost', {
      createConnection: () => socket,
      settings: { enablePush: false, initialWindowSize: STREAM_WINDOW },
      maxHeaderListPairs: MAX_FIELDS,
    })
    this.#session = session
    session.on('connect', () => session.setLocalWindowSize(CONNECTION_WINDOW))
    // Known only now are HTTP/2 as such and how many streams there may be: nothing of a request has left before.
    session.on('remoteSettings', ({ maxConcurrentStreams }) => this.#settings(maxConcurrentStreams))
    session.on('goaway', (_code: number, lastStream: number) => {
      this.#lastStream = lastStream
      this.retire(null)
    })
    session.on('error', (error) => this.retire(error))
    session.on('close', () => {
      this.#stopTimers()
      this.retire(null)
    })
  }

  /** Whether it may be given a stream. */
  get hasRoom(): boolean {
    return this.#open < this.#limit && !this.#doubted && !this.#gone
  }

  /** Whether Node has given it up already, and its events are still to come. */
  get dead(): boolean {
    return this.#session.destroyed || this.#session.closed
  }

  get idle(): boolean {
    return this.#open === 0
  }

  /** Whether the upstream says that it has not looked at a stream and never will. */
  refused({ id }: ClientHttp2Stream): boolean {
    return id === undefined || (this.#lastStream !== null && id > this.#lastStream)
  }

  /** @throws Node's errors for fields that can't be sent, before anything is. */
  request(headers: OutgoingHttpHeaders, endStream: boolean): ClientHttp2Stream {
    const stream = this.#session.request(headers, { endStream })
    this.served++
    if (this.#open++ === 0) this.#session.ref()
    stream.once('close', () => this.#closed())
    return stream
  }

  /** Asks whether anybody is still there, as a request had no answer in time: until then it is given no other. */
  doubt(): void {
    if (this.#gone) return
    this.#doubted = true
    this.#ping()
  }

  /** It takes no further stream, and closes when those it carries have ended. */
  retire(error: Error | null): void {
    if (this.#gone) return
    this.#gone = true
    if (this.#open === 0) this.#end()
    this.#owner.gone(this, error)
  }

  /** Closes it now, whatever it carries. */
  async close(): Promise<void> {
    if (this.#session.destroyed) return
    const closed = new Promise((resolve) => this.#session.once('close', resolve))
    this.retire(null)
    await closed
  }

  #settings(maxConcurrentStreams: number | undefined): void {
    this.#limit = Math.min(maxConcurrentStreams ?? Number.POSITIVE_INFINITY, this.#options.maxConcurrentStreams)
    if (this.#gone) return
    if (this.#up) return this.#owner.roomier(this)
    this.#up = true
    this.upSince = performance.now()
    const { pingIntervalMs } = this.#options
    if (pingIntervalMs > 0) {
      this.#pingTimer = setInterval(() => {
        if (this.#open > 0) this.#ping()
      }, pingIntervalMs).unref()
    }
    this.#rest()
    this.#owner.up(this)
  }

  #closed(): void {
    if (--this.#open === 0) {
      if (this.#gone) this.#end()
      else this.#rest()
    }
    if (!this.#gone) this.#owner.roomier(this)
  }

  /** Nothing is under way: neither a process nor an upstream is kept for long. */
  #rest(): void {
    this.#session.unref()
    this.#idleSince = performance.now()
    this.#idleTimer ??= this.#idleIn(this.#options.keepAliveMs)
  }

  /** One timer that looks at how long it has been idle: cheaper than one that is moved with every request. */
  #idleIn(ms: Milliseconds): NodeJS.Timeout {
    const look = (): void => {
      this.#idleTimer = null
      if (this.#open > 0) return
      const left = this.#idleSince + this.#options.keepAliveMs - performance.now()
      if (left < 1) this.retire(null)
      else this.#idleTimer = this.#idleIn(left)
    }
    return setTimeout(look, ms).unref()
  }

  #ping(): void {
    if (this.#pongTimer !== null || this.#session.destroyed) return
    const { pingTimeoutMs } = this.#options
    const late = (): void => {
      if (this.#pongTimer === timer) this.#session.destroy(new Error(`no answer to a PING within ${pingTimeoutMs} ms`))
    }
    // The answer may have come while the event loop stood still: it is read first.
    const timer = setTimeout(() => setImmediate(late), pingTimeoutMs).unref()
    this.#pongTimer = timer
    this.#session.ping((error) => {
      if (error !== null) return
      if (this.#pongTimer !== null) clearTimeout(this.#pongTimer)
      this.#pongTimer = null
      if (!this.#doubted) return
      this.#doubted = false
      if (!this.#gone) this.#owner.roomier(this)
    })
  }

  #end(): void {
    // Not from within what nghttp2 is just telling.
    setImmediate(() => {
      this.#session.destroy()
      // Of a session that was told to go away, Node waits until the upstream closes, for ever.
      if (this.#session.closed) this.#socket.destroySoon()
    })
  }

  #stopTimers(): void {
    for (const timer of [this.#idleTimer, this.#pingTimer, this.#pongTimer]) if (timer !== null) clearTimeout(timer)
  }
}
