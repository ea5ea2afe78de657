// One HTTP/1.1 request from a client's side, and what became of it.

import { createHash } from 'node:crypto'
import http from 'node:http'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import zlib from 'node:zlib'

/** Nothing in a soak takes longer: what does hangs. */
const PATIENCE_MS = 30_000
const LEFT = new Error('left')
const DECODERS = { gzip: zlib.createGunzip, br: zlib.createBrotliDecompress, zstd: zlib.createZstdDecompress }

export class Target {
  #agent = newAgent()
  #next = 0
  /** @type {Set<{ close(): void }>} */
  held = new Set()

  constructor(http1, http2) {
    this.http1 = http1
    this.http2 = http2
  }

  /** An id that no other request has. */
  id() {
    return `r${++this.#next}`
  }

  /** Closes what is kept. */
  close() {
    this.#agent.destroy()
    this.#agent = newAgent()
    for (const each of this.held) each.close()
    this.held.clear()
  }

  /**
   * @param {string} path
   * @param {object} [how]
   * @param {string} [how.method]
   * @param {Record<string, string>} [how.headers]
   * @param {Iterable<Buffer> | AsyncIterable<Buffer>} [how.body]
   * @param {boolean} [how.keepAlive]
   * @param {number} [how.leaveAfterMs] the client goes away after that
   * @param {number} [how.readPauseMs] between two chunks that it reads
   * @param {string | null} [how.id] that the reply must carry; null for a shared one
   * @param {(hash: string, bytes: number, text: string) => boolean} [how.isRight] the body; its text is kept for `text`
   * @param {boolean} [how.text]
   * @param {boolean} [how.idempotent]
   * @returns {Promise<import('./tally.js').Outcome>}
   */
  async exchange(path, how) {
    const { idempotent = true, leaveAfterMs } = how
    const seen = { idempotent, from: Date.now(), upstream: null }
    const abort = new AbortController()
    const patience = setTimeout(() => abort.abort(new Error('hangs')), PATIENCE_MS)
    const leave = leaveAfterMs === undefined ? undefined : setTimeout(() => abort.abort(LEFT), leaveAfterMs)
    try {
      return { ...seen, ...(await this.#ask(path, how, abort.signal, seen)) }
    } catch (error) {
      if (abort.signal.reason === LEFT) return { ...seen, what: 'left' }
      const hangs = abort.signal.aborted ? 'hangs: ' : ''
      const what = seen.upstream === null || hangs !== '' ? 'unanswered' : 'broken'
      return { ...seen, what, why: `${hangs}${path} ${error.code ?? ''} ${error.message}` }
    } finally {
      clearTimeout(patience)
      clearTimeout(leave)
    }
  }

  async #ask(path, { method = 'GET', headers = {}, body, keepAlive = true, id, ...how }, signal, seen) {
    const agent = keepAlive ? this.#agent : false
    const request = http.request({ host: '127.0.0.1', port: this.http1, path, method, headers, agent, signal })
    const replied = Promise.withResolvers()
    request.on('response', replied.resolve)
    request.on('error', replied.reject)
    // A reply may come while the body is still being sent, and end the sending.
    if (body === undefined) request.end()
    else pipeline(Readable.from(body, { objectMode: false }), request).catch(() => {})
    const reply = await replied.promise
    const { statusCode: status } = reply
    if (status !== 200) {
      const said = await textOf(reply)
      if (status === 429 || status === 503) return { what: 'denied', why: said }
      return { what: 'unanswered', why: `${path} ${status} ${said}` }
    }
    seen.upstream = reply.headers['x-upstream'] ?? 'unnamed'
    if (id !== null && reply.headers['x-id'] !== id)
      return { what: 'wrong', why: `${path} has the reply of ${reply.headers['x-id']}` }
    return await read(reply, path, how)
  }
}

async function read(reply, path, { readPauseMs, isRight, text = false }) {
  const hash = createHash('sha1')
  const parts = []
  let bytes = 0
  const slow = new Transform({
    transform(chunk, _encoding, done) {
      hash.update(chunk)
      bytes += chunk.length
      if (text) parts.push(chunk)
      if (readPauseMs === undefined) done()
      else delay(readPauseMs).then(() => done())
    },
  })
  const coding = reply.headers['content-encoding']
  await pipeline([reply, ...(coding === undefined ? [] : [DECODERS[coding]()]), slow.resume()])
  // Node tells of a reply that broke off by an error, which `pipeline` has thrown.
  if (isRight === undefined || isRight(hash.digest('hex'), bytes, Buffer.concat(parts).toString()))
    return { what: 'whole' }
  return { what: 'wrong', why: `${path} has ${bytes} bytes that it should not have` }
}

async function textOf(stream) {
  let text = ''
  for await (const part of stream) text += part
  return text.trim()
}

function newAgent() {
  return new http.Agent({ keepAlive: true, maxSockets: 32 })
}
