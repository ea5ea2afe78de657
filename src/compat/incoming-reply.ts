import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { readable } from '../body-tools.js'
import { EdgeError } from '../errors.js'
import { toHeaders } from '../http/header-map.js'
import { discard, type Reply } from '../reply.js'
import type { OutgoingRequest } from './outgoing-request.js'

/** Makes a new body of all of a reply's. */
export type Interceptor = (
  body: Buffer,
  proxyRes: IncomingReply,
  req: IncomingMessage,
  res: ServerResponse,
) => Promise<Buffer | string> | Buffer | string

/** Fields that frame the message, and stay as the upstream's reply has them. */
const FRAMING = ['content-length', 'transfer-encoding', 'connection', 'keep-alive', 'trailer', 'upgrade'] as const

/**
 * The target's reply, as `on.proxyRes` gets it: that part of Node's `IncomingMessage` which is read and changed before a reply is passed on. Its
 * bytes are there only with `selfHandleResponse`.
 */
export class IncomingReply extends Readable {
  statusCode: number
  statusMessage = ''
  readonly httpVersion = '1.1'
  /** To be changed in place. */
  headers: Record<string, string | string[] | undefined>
  readonly req: OutgoingRequest
  /** @internal Set by `responseInterceptor`. */
  interceptor: Interceptor | null = null
  readonly #reply: Reply
  readonly #selfHandled: boolean
  #source: Readable | null = null

  constructor(reply: Reply, req: OutgoingRequest, selfHandled: boolean) {
    super()
    this.statusCode = reply.status
    this.headers = Object.fromEntries(
      Object.entries(reply.headers).map(([name, value]) => [name, typeof value === 'object' ? [...value] : value]),
    )
    this.req = req
    this.#reply = reply
    this.#selfHandled = selfHandled
    // Nobody need listen: who reads is told by the end of the client's connection, too.
    super.on('error', () => {})
  }

  /** Names and values in turn, as Node has them. */
  get rawHeaders(): string[] {
    return Object.entries(this.headers).flatMap(([name, value]) => [value ?? []].flat().flatMap((line) => [name, line]))
  }

  /** @internal The reply with the status and the fields that the hook left. */
  changed(): Reply {
    const headers = toHeaders(this.headers)
    for (const name of FRAMING) {
      delete headers[name]
      if (this.#reply.headers[name] !== undefined) headers[name] = this.#reply.headers[name]
    }
    return { ...this.#reply, status: this.statusCode, headers }
  }

  override on(event: string | symbol, listener: (...args: never[]) => void): this {
    if (!this.#selfHandled && (event === 'data' || event === 'readable'))
      throw new EdgeError(
        'ERR_EDGE_BODY_USED',
        'on.proxyRes: the body goes to the client by itself; to read it, set selfHandleResponse: true, and have all of it by responseInterceptor()',
      )
    return super.on(event, listener as (...args: unknown[]) => void)
  }

  override _read(): void {
    if (this.#source !== null) return void this.#source.resume()
    this.#source = readable(this.#reply.body)
    this.#source.on('data', (chunk) => {
      if (!this.push(chunk)) this.#source?.pause()
    })
    this.#source.on('end', () => this.push(null))
    this.#source.on('error', (error) => this.destroy(error))
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (this.#source !== null) this.#source.destroy()
    else discard(this.#reply)
    done(error)
  }
}
