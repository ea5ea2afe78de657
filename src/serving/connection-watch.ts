import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Hardening } from './hardening-options.js'

/** What a connection may take its time over, and how often. */
export type WatchTimes = Pick<
  Hardening,
  'handshakeTimeoutMs' | 'headersTimeoutMs' | 'keepAliveTimeoutMs' | 'maxRequestsPerSocket'
>

/** How long what has been cut may take to hear of it. */
const LAST_MS = 1_000
const LATE = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\nCache-Control: no-store\r\n\r\n'

/**
 * One connection of an HTTP/1 server, and the deadline it is under: for the TLS handshake, then for each head. While a request is
 * under way there is none.
 */
export class ConnectionWatch {
  /** TCP, whatever is spoken over it. */
  readonly connection: Socket
  readonly #times: WatchTimes
  /** What speaks HTTP: the TCP socket, or TLS over it. */
  #socket: Socket
  #underWay = 0
  #requests = 0
  #response: ServerResponse | null = null
  #timer: NodeJS.Timeout | null = null
  #readBefore = 0
  /** Node's own listener, which it takes off a socket that has left HTTP: a WebSocket owes nobody a head. */
  #own: unknown

  constructor(socket: Socket, encrypted: boolean, times: WatchTimes) {
    this.connection = socket
    this.#times = times
    this.#socket = socket
    socket.on('close', () => this.stop())
    if (encrypted) this.#limit(times.handshakeTimeoutMs, () => socket.destroy())
    else this.speak(socket)
  }

  /** The response to the newest request that is under way, if any. */
  get response(): ServerResponse | null {
    return this.#response
  }

  /** Requests whose replies are still to be finished: more than one are pipelined. */
  get underWay(): number {
    return this.#underWay
  }

  /** HTTP begins on this socket. */
  speak(socket: Socket): void {
    this.#socket = socket
    this.#own = socket.listeners('timeout')[0]
    this.#awaitHead(this.#times.headersTimeoutMs)
  }

  /** A request's head has come. */
  begin(response: ServerResponse): void {
    this.#underWay++
    this.#requests++
    this.#response = response
    this.stop()
    response.on('close', () => {
      if (--this.#underWay > 0) return
      this.#response = null
      const { maxRequestsPerSocket: most } = this.#times
      // Node says so in the last reply, and then waits for the client to do it.
      if (most > 0 && this.#requests >= most) return this.#socket.destroySoon()
      // Node ends idle connections by itself; what has begun to send a head by then is given its time.
      this.#awaitHead(this.#times.keepAliveTimeoutMs + this.#times.headersTimeoutMs)
    })
  }

  /** No deadline counts any more, until something begins anew. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  #awaitHead(ms: number): void {
    if (this.#socket.destroyed) return
    this.#readBefore = this.#socket.bytesRead
    this.#limit(ms, () => this.#late())
  }

  #limit(ms: number, run: () => void): void {
    this.stop()
    this.#timer = setTimeout(run, ms).unref()
  }

  #late(): void {
    const socket = this.#socket
    if (!socket.listeners('timeout').includes(this.#own as () => void)) return
    // Browsers open connections in advance: who has sent nothing has asked nothing, and would be puzzled by an answer.
    if (socket.bytesRead === this.#readBefore || !socket.writable) return void socket.destroy()
    socket.write(LATE)
    socket.destroySoon()
    // Who does not read it does not keep the connection by that.
    this.#limit(LAST_MS, () => socket.destroy())
  }
}

/** Whether a connection on which nothing has moved for a while is one whose client is to blame. */
export function isStalled(watch: ConnectionWatch, socket: Socket): boolean {
  const { response } = watch
  if (response === null || socket.writableLength > 0) return true
  const request = response.req as IncomingMessage
  // Somebody reads the body, and nothing comes; with nobody reading it is not the client that is slow.
  return !request.complete && request.readableFlowing === true
}
