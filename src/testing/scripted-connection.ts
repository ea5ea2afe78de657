import type { Socket } from 'node:net'
import type { WireError } from './wire/error.js'
import { MessageReader } from './wire/reader.js'
import { WireRequest } from './wire/request.js'

/** A request that came to a scripted upstream, and the connection it came on. */
export interface ScriptedRequest extends WireRequest {
  readonly connection: ScriptedConnection
}

/** What a scripted upstream does next: send bytes, wait (ms), or one of the words; a word as bytes is sent as a Buffer. */
export type ScriptStep =
  | string
  | Uint8Array
  | number
  | ((connection: ScriptedConnection, request: ScriptedRequest | undefined) => unknown)

export interface ConnectionOptions {
  readonly keep: number
  readonly halfOpen: boolean
  readonly onRequest: (request: ScriptedRequest) => void
}

/** One connection to a scripted upstream: what came on it, and the means to misbehave. */
export class ScriptedConnection {
  /** Position among the upstream's connections, from 0. */
  readonly index: number
  readonly socket: Socket
  readonly requests: ScriptedRequest[] = []
  /** How the peer left: 'end' (FIN), 'reset' (RST); 'self' if the upstream destroyed it first. */
  closed: 'no' | 'end' | 'reset' | 'self' = 'no'
  /** Bytes that came, remembered or not. */
  bytesReceived = 0
  /** Settles when the socket is gone. */
  readonly gone: Promise<void>
  #parts: Buffer[] = []
  #reader: MessageReader<ScriptedRequest>
  #waiting = new Map<ScriptedRequest, PromiseWithResolvers<void>>()
  #turn: Promise<void> = Promise.resolve()
  /** Scripts that are not over yet. */
  #due = 0
  #stalled = false
  #halfOpen: boolean

  constructor(index: number, socket: Socket, { keep, halfOpen, onRequest }: ConnectionOptions) {
    this.index = index
    this.socket = socket
    this.#halfOpen = halfOpen
    this.gone = new Promise((resolve) => socket.once('close', () => resolve()))
    this.#reader = new MessageReader<ScriptedRequest>({
      create: (head) => Object.assign(new WireRequest(head), { connection: this }),
      keep,
      onHead: (request) => {
        this.requests.push(request)
        onRequest(request)
      },
      onEnd: (request) => this.#waiting.get(request)?.resolve(),
    })
    const left = (how: 'end' | 'reset' | 'self'): void => {
      if (this.closed === 'no') this.closed = how
    }
    socket.on('data', (bytes: Buffer) => {
      if (this.bytesReceived < keep) this.#parts.push(bytes.subarray(0, keep - this.bytesReceived))
      this.bytesReceived += bytes.length
      this.#reader.push(bytes)
    })
    socket.on('end', () => {
      left('end')
      this.#endIfOver()
    })
    socket.on('error', () => left('reset'))
    socket.on('close', () => left('self'))
  }

  get received(): Buffer {
    if (this.#parts.length !== 1) this.#parts = [Buffer.concat(this.#parts)]
    return this.#parts[0]!
  }

  /** What came, as latin1. */
  get text(): string {
    return this.received.toString('latin1')
  }

  /** What made the bytes unreadable as strict HTTP/1.1; from then on they are only recorded. */
  get error(): WireError | undefined {
    return this.#reader.error
  }

  /** Sends bytes; settles when the system took them, or the socket is gone. */
  write(bytes: string | Uint8Array): Promise<void> {
    const data = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
    return new Promise((resolve) => {
      if (this.socket.destroyed || this.socket.writableEnded) resolve()
      else this.socket.write(data, () => resolve())
    })
  }

  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    this.socket.resume()
  }

  end(): void {
    this.socket.end()
  }

  destroy(): void {
    this.socket.destroy()
  }

  /** Sends a RST (not on a unix socket, which has none). */
  reset(): void {
    this.socket.resetAndDestroy()
  }

  /** Takes a script's steps one after another, once the scripts before it are over. */
  play(script: () => readonly ScriptStep[] | Promise<readonly ScriptStep[]>, request?: ScriptedRequest): Promise<void> {
    this.#due += 1
    const turn = this.#turn.then(async () => {
      for (const step of await script()) {
        if (this.socket.destroyed) break
        await this.#take(step, request)
      }
    })
    // What failed is told to the caller; the scripts behind it find the socket destroyed.
    this.#turn = turn
      .catch(() => this.destroy())
      .finally(() => {
        this.#due -= 1
        this.#endIfOver()
      })
    return turn
  }

  /** Answers the peer's FIN with ours once there is nothing left to say. */
  #endIfOver(): void {
    if (this.closed === 'end' && !this.#halfOpen && (this.#due === 0 || this.#stalled)) this.socket.end()
  }

  async #take(step: ScriptStep, request: ScriptedRequest | undefined): Promise<void> {
    if (typeof step === 'number') return this.#delay(step)
    if (typeof step === 'function') return void (await step(this, request))
    if (step === 'waitBody') return request && this.#bodyOf(request)
    if (step === 'stall') {
      this.#stalled = true
      this.#endIfOver()
      return this.gone
    }
    if (step === 'end') return this.end()
    if (step === 'destroy') return this.destroy()
    if (step === 'reset') return this.reset()
    return this.write(step)
  }

  #delay(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.socket.off('close', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      this.socket.on('close', done)
    })
  }

  async #bodyOf(request: ScriptedRequest): Promise<void> {
    if (request.complete) return
    const waiting = Promise.withResolvers<void>()
    this.#waiting.set(request, waiting)
    this.gone.then(waiting.resolve)
    await waiting.promise
    this.#waiting.delete(request)
  }
}
