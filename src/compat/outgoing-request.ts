import { validateHeaderName, validateHeaderValue } from 'node:http'
import { bytesBody } from '../body.js'
import { EdgeError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import { changeHeaders, type HeaderMap, type MutableHeaderMap } from '../http/header-map.js'
import type { Place } from './target.js'

/** What frames the message, and is not a hook's to say. `content-length` goes by the body: hooks set it out of habit. */
const FRAMING = new Set(['connection', 'keep-alive', 'transfer-encoding', 'te', 'trailer', 'upgrade', 'expect'])

/** The request that is about to be sent, as `on.proxyReq` gets it: that part of Node's `ClientRequest` which changes it. */
export class OutgoingRequest {
  method: string
  readonly protocol: string
  readonly host: string
  readonly #exchange: Exchange
  readonly #prefix: string
  #headers: MutableHeaderMap
  #wire: string
  #chunks: Uint8Array[] | null = null
  #failure: Error | null = null

  constructor(exchange: Exchange, place: Place) {
    this.#exchange = exchange
    this.#headers = changeHeaders(exchange.headers, {})
    this.#wire = exchange.wire.href
    this.#prefix = place.prefix
    this.method = exchange.method
    this.protocol = `${place.protocol}:`
    this.host = place.host
  }

  /** With the target's own path in front. */
  get path(): string {
    return this.#prefix + this.#wire
  }

  set path(path: string) {
    if (!path.startsWith(this.#prefix))
      throw new EdgeError('ERR_EDGE_BAD_VALUE', `on.proxyReq: path must stay under the target's ${this.#prefix}`)
    this.#wire = path.slice(this.#prefix.length)
  }

  get destroyed(): boolean {
    return this.#failure !== null
  }

  getHeader(name: string): string | readonly string[] | undefined {
    return this.#headers[name.toLowerCase()]
  }

  hasHeader(name: string): boolean {
    return this.getHeader(name) !== undefined
  }

  getHeaders(): HeaderMap {
    return { ...this.#headers }
  }

  getHeaderNames(): string[] {
    return Object.keys(this.#headers)
  }

  /** @throws Node's errors for what can't be written; {@link EdgeError} `ERR_EDGE_BAD_VALUE` for a field that frames the message. */
  setHeader(name: string, value: number | string | readonly string[]): this {
    const key = name.toLowerCase()
    if (key === 'content-length') return this
    validateHeaderName(name)
    for (const line of [value].flat()) validateHeaderValue(name, String(line))
    if (FRAMING.has(key)) throw new EdgeError('ERR_EDGE_BAD_VALUE', `on.proxyReq: ${key} is not for hooks to set`)
    // An upstream that folds `_` into `-` would read an alias as the field itself (H-062).
    for (const each in this.#headers)
      if (each.includes('_') && each.replaceAll('_', '-') === key) this.removeHeader(each)
    this.#headers[key] = Array.isArray(value) ? value.join(key === 'cookie' ? '; ' : ', ') : String(value)
    return this
  }

  appendHeader(name: string, value: string | readonly string[]): this {
    return this.setHeader(name, [this.getHeader(name) ?? [], value].flat())
  }

  removeHeader(name: string): void {
    this.#headers = changeHeaders(this.#headers, { [name.toLowerCase()]: undefined })
  }

  /** Sends this in place of the client's body. */
  write(chunk: string | Uint8Array, encoding?: BufferEncoding | (() => void)): boolean {
    this.#chunks ??= []
    this.#chunks.push(typeof chunk === 'string' ? Buffer.from(chunk, textEncoding(encoding)) : chunk)
    return true
  }

  end(chunk?: string | Uint8Array, encoding?: BufferEncoding | (() => void)): this {
    if (chunk !== undefined) this.write(chunk, encoding)
    this.#chunks ??= []
    return this
  }

  /** Sends nothing: the failure goes to `on.error`. */
  destroy(error?: Error): this {
    this.#failure ??= error ?? new EdgeError('ERR_EDGE_DROPPED', 'on.proxyReq destroyed the request')
    return this
  }

  /** @internal The exchange as the hook left it. @throws What it was destroyed with. */
  changed(): Exchange {
    if (this.#failure !== null) throw this.#failure
    const { method } = this
    const change = { method, headers: this.#headers, wire: this.#wire }
    if (this.#chunks === null) return this.#exchange.with(change)
    const body = bytesBody(Buffer.concat(this.#chunks))
    // What was said of the client's bytes is not true of these.
    const headers = changeHeaders(this.#headers, {
      'content-length': String(body.length),
      'content-encoding': undefined,
    })
    return this.#exchange.with({ ...change, body, headers })
  }
}

function textEncoding(encoding: BufferEncoding | (() => void) | undefined): BufferEncoding {
  return typeof encoding === 'string' ? encoding : 'utf8'
}
