import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { pseudoRandom } from './pseudo-random.js'

type Behaviour = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** Answers 200 and JSON `{ method, url, headers, body }`, once the request's body is read. */
export async function describe(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = []
  try {
    for await (const part of request) parts.push(part)
  } catch {
    return // The client left.
  }
  const { method, url, headers } = request
  sendJson(response, 200, { method, url, headers, body: Buffer.concat(parts).toString() })
}

/** Answers with a value as JSON; status 200 by default. */
export function json(value: unknown, code = 200): Behaviour {
  return async (request, response) => {
    request.resume()
    sendJson(response, code, value)
  }
}

/** Answers with a status and a short text, by default none. */
export function status(code: number, text = ''): Behaviour {
  return async (request, response) => {
    request.resume()
    response.writeHead(code, text === '' ? {} : { 'content-type': 'text/plain' }).end(text)
  }
}

/** Streams the request's body back, with its content type. */
export async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const type = request.headers['content-type']
  response.writeHead(200, type === undefined ? {} : { 'content-type': type })
  // The client may leave at any moment; that is no failure of the upstream.
  await pipeline(request, response).catch(() => {})
}

/** Waits before it answers (as {@link describe} by default); a client that leaves ends the wait. */
export function slow(
  ms: number,
  answer: (request: IncomingMessage, response: ServerResponse) => unknown = describe,
): Behaviour {
  return async (request, response) => {
    const waited = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => {
        response.off('close', left)
        resolve(true)
      }, ms)
      const left = (): void => {
        clearTimeout(timer)
        resolve(false)
      }
      response.once('close', left)
    })
    if (waited) await answer(request, response)
  }
}

/**
 * Answers the first request with the first, the second with the second, and all further ones with the last.
 *
 * @example
 * ```ts
 * import { answers, upstream } from 'edgewise/testing'
 *
 * const flaky = await upstream(answers.inTurn(answers.status(503), answers.status(503), answers.json({ ok: true })))
 * ```
 */
export function inTurn(...behaviours: readonly [Behaviour, ...Behaviour[]]): Behaviour {
  let next = 0
  return (request, response) => behaviours[Math.min(next++, behaviours.length - 1)]!(request, response)
}

/** A burst of errors: the first `count` requests get this status, all further ones are answered as always. */
export function burst(code: number, count: number, then: Behaviour = describe): Behaviour {
  let left = count
  return (request, response) => (left-- > 0 ? status(code)(request, response) : then(request, response))
}

export interface BytesOptions {
  /** Of the generator: the same one makes the same bytes. @default 1 */
  readonly seed?: number | undefined
  /** Sends chunks instead of a Content-Length. @default false */
  readonly chunked?: boolean | undefined
}

/** Streams `count` pseudo-random bytes as fast as the client takes them; compare with `sha256(pseudoRandom(count, seed))`. */
export function bytes(count: number, { seed = 1, chunked = false }: BytesOptions = {}): Behaviour {
  return async (request, response) => {
    request.resume()
    response.setHeader('content-type', 'application/octet-stream')
    if (!chunked) response.setHeader('content-length', count)
    await pipeline(Readable.from(pseudoRandom(count, seed), { objectMode: false }), response).catch(() => {})
  }
}

function sendJson(response: ServerResponse, code: number, value: unknown): void {
  const text = JSON.stringify(value)
  response.writeHead(code, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text)
}
