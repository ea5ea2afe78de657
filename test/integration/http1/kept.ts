import { createHash } from 'node:crypto'
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { http1, StreamBody } from 'edgewise'
import { vi } from 'vitest'
import { type Certificates, pseudoRandom, sha256, type UpstreamHandler, upstream } from '../../support/index.js'
import { type GatewayOverOptions, gatewayOver, type TestGateway } from '../../transports/gateway-over.js'

export const MIB: number = 1024 * 1024

/** Chunks that somebody keeps, and what they should hold. */
export class Kept {
  readonly chunks: Uint8Array[] = []
  readonly #copies: Buffer[] = []

  readonly keep = (chunk: Uint8Array): void => {
    this.chunks.push(chunk)
    this.#copies.push(Buffer.from(chunk))
  }

  get size(): number {
    return this.chunks.reduce((sum, { byteLength }) => sum + byteLength, 0)
  }

  /** Whether each chunk holds what it held when it came. */
  get intact(): boolean {
    return this.chunks.every((chunk, at) => this.#copies[at]!.equals(chunk))
  }
}

/** Watches the chunks of all stream bodies, to tell how many of the large ones have given their memory back. */
export function watchChunks(): {
  readonly large: number
  readonly largest: number
  readonly released: number
  readonly memories: number
} & Disposable {
  const chunks: Uint8Array[] = []
  let large = 0
  let largest = 0
  const push = StreamBody.prototype.push
  const spy = vi.spyOn(StreamBody.prototype, 'push').mockImplementation(function (this: StreamBody, chunk) {
    largest = Math.max(largest, chunk.byteLength)
    if (chunk.byteLength >= 16 * 1024) {
      large++
      chunks.push(chunk)
    }
    return push.call(this, chunk)
  })
  return {
    get large() {
      return large
    },
    get largest() {
      return largest
    },
    /** Pieces of memory that these stand in. */
    get memories() {
      return new Set(chunks.map(({ buffer }) => buffer)).size
    },
    get released() {
      return chunks.filter(({ buffer }) => buffer.byteLength === 0).length
    },
    [Symbol.dispose]: () => spy.mockRestore(),
  }
}

/** Downloads, and hashes what comes. */
export function download(
  port: number,
  options: RequestOptions = {},
  read: (response: IncomingMessage) => Promise<string> = sha256,
): Promise<string> {
  return new Promise((resolve, reject) => {
    httpRequest({ port, agent: false, ...options }, (response) => void read(response).then(resolve, reject))
      .on('error', reject)
      .end()
  })
}

/** Downloads at fits and starts, so that everything in front of the client fills up. */
export function downloadSlowly(port: number, size: number): Promise<string> {
  return download(port, {}, async (response) => {
    const hash = createHash('sha256')
    let received = 0
    let mark = 1
    for await (const piece of response) {
      hash.update(piece as Buffer)
      received += (piece as Buffer).length
      if (received < mark) continue
      mark += size >> 2
      await delay(20)
    }
    return hash.digest('hex')
  })
}

export interface UploadOptions extends RequestOptions {
  /** Sends chunks instead of a Content-Length. @default false */
  readonly chunked?: boolean
  /** What to wait for between head and body. */
  readonly after?: Promise<unknown>
}

/** Uploads `size` pseudo-random bytes; resolves with what is answered. */
export function upload(port: number, size: number, options: UploadOptions = {}): Promise<string> {
  const { chunked = false, after, ...rest } = options
  return new Promise((resolve, reject) => {
    const headers = chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': size }
    const sending = httpRequest({ port, agent: false, method: 'PUT', headers, ...rest }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part)).on('error', reject)
      response.on('end', () => resolve(Buffer.concat(parts).toString('latin1')))
    })
    sending.on('error', reject)
    sending.flushHeaders()
    void Promise.resolve(after).then(() => Readable.from(pseudoRandom(size), { objectMode: false }).pipe(sending))
  })
}

/** A gateway over http1() in front of a server of Node's. */
export async function over(
  far: UpstreamHandler,
  options: GatewayOverOptions = {},
  tls?: Certificates,
): Promise<TestGateway & { readonly url: string }> {
  const side = await upstream(far, { record: false, tls })
  const pool = { ...options.pool, ...(tls === undefined ? {} : { tls: { ca: tls.ca } }) }
  const gateway = await gatewayOver(http1(), side.url, { ...options, pool })
  return {
    ...gateway,
    url: side.url,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]()
      await side.stop()
    },
  }
}

/** What `pseudoRandom` gives, hashed. */
export function sumOf(size: number): Promise<string> {
  return sha256(pseudoRandom(size))
}

/** Sends that many bytes, with a length or in chunks. */
export const sends =
  (size: number, chunked = false): UpstreamHandler =>
  async (_request, response) => {
    if (!chunked) response.setHeader('content-length', size)
    await pipeline(Readable.from(pseudoRandom(size), { objectMode: false }), response).catch(() => {})
  }

/** Answers with the hash of what it got. */
export const hashes: UpstreamHandler = async (request, response) => void response.end(await sha256(request))
