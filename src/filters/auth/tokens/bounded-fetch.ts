import { asError } from '../../../errors.js'
import { type Bytes, type Check, check, type Milliseconds, optionError } from '../../../options.js'
import type { Clock } from '../../../upstream/clock.js'

/** What asks over HTTP: the global `fetch`, or one of yours for a proxy, a private authority, or client certificates. */
export type FetchLike = (url: string, init: RequestInit) => Promise<Response>

export interface FetchBounds {
  readonly fetch: FetchLike
  /** For all of it, body included. */
  readonly timeoutMs: Milliseconds
  /** Of the body, decoded. */
  readonly maxBytes: Bytes
  readonly clock: Clock
  /** Cuts off what is under way. @default nothing does */
  readonly closing?: AbortSignal | undefined
}

/** An absolute URL of HTTP. */
export const checkUrl: Check = (value) =>
  /^https?:$/.test(URL.parse(String(value))?.protocol ?? '') && check.string(value) === undefined
    ? undefined
    : 'an absolute URL'

/**
 * Refuses to send secrets, or to learn keys, in the clear: whoever is on the way could put in keys of his own. On this machine nobody is.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`, also for user information, which `fetch` doesn't take.
 */
export function checkEncrypted(factory: string, option: string, url: string, allowHttp: boolean): void {
  const { protocol, hostname, username, password } = new URL(url)
  if (username !== '' || password !== '')
    throw optionError(factory, option, hostname, 'a URL without user and password')
  const isHere = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname)
  if (protocol !== 'https:' && !isHere && !allowHttp)
    throw optionError(factory, option, url, 'https:, or http: to this machine, or http: with allowHttp')
}

/**
 * Asks for a text, within bounds. A redirect is an answer like any other: nobody is followed to where a secret should not go.
 *
 * @throws Error in words, for what is no answer: no connection, too late, too long, no UTF-8.
 */
export function fetchText(
  url: string,
  init: RequestInit,
  bounds: FetchBounds,
): Promise<{ readonly status: number; readonly text: string }> {
  const { fetch, timeoutMs, maxBytes, clock, closing } = bounds
  const controller = new AbortController()
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>()
  // Not every `fetch` heeds its signal.
  const stop = (reason: Error): void => {
    reject(reason)
    controller.abort(reason)
  }
  const timer = clock.setTimeout(() => stop(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
  const close = (): void => stop(new Error('closed meanwhile'))
  closing?.addEventListener('abort', close, { once: true })
  const ask = async (): Promise<void> => {
    const response = await fetch(url, { ...init, redirect: 'manual', signal: controller.signal })
    resolve({ status: response.status, text: await textOf(response, maxBytes) })
  }
  ask()
    .catch((error) => reject(new Error(causeOf(error), { cause: error })))
    .finally(() => {
      clock.clearTimeout(timer)
      closing?.removeEventListener('abort', close)
    })
  return promise
}

async function textOf({ body }: Response, maxBytes: Bytes): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  // What is thrown in here cancels the body.
  for await (const chunk of body ?? []) {
    size += chunk.byteLength
    if (size > maxBytes) throw new Error(`an answer of more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
}

/** `fetch failed` says nothing; what it was caused by does. */
function causeOf(error: unknown): string {
  const { cause, message } = asError(error)
  return cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : message
}
