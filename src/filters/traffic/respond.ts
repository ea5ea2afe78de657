import { type Body, bytesBody, emptyBody } from '../../body.js'
import type { Exchange } from '../../exchange.js'
import type { Handler } from '../../filter.js'
import { shareHeaders, toHeaders } from '../../http/header-map.js'
import { check, checkOptions, type Milliseconds, optionError } from '../../options.js'
import type { Reply } from '../../reply.js'
import type { HandlerVerdict } from '../../verdict.js'

export interface RespondOptions {
  /** Of the reply. @default 200 */
  readonly status?: number | undefined
  /** As it is. @default none */
  readonly body?: string | Uint8Array | undefined
  /** In place of `body`: what to write as JSON. @default none */
  readonly json?: unknown
  /** Fields of the reply. @default none but Content-Type: JSON's, or plain text in UTF-8 for a string */
  readonly headers?: Readonly<Record<string, string | readonly string[]>> | undefined
  /** How long the reply takes, as a mock of something slow. @default 0 */
  readonly delayMs?: Milliseconds | undefined
}

/**
 * Answers with one fixed reply: a mock, a page in place of a service, HAProxy's `http-request return`, Kong's `request-termination`. It is
 * made once and costs nothing more.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const routes = [{ path: '/v1/**', handler: respond({ status: 410, json: { error: 'Use /v2.' } }) }]
 * ```
 */
export function respond(options: RespondOptions = {}): Handler {
  checkOptions('respond', options, {
    status: check.whole(200, 599),
    body: (value) =>
      typeof value === 'string' || value instanceof Uint8Array ? undefined : 'a string or a Uint8Array',
    json: check.anything,
    headers: check.object,
    delayMs: check.durationOrOff,
  })
  const { status = 200, delayMs = 0 } = options
  const reply: Reply = { status, headers: shareHeaders(fieldsOf(options)), body: bodyOf(options) }
  const handler: Handler = delayMs === 0 ? async () => reply : (exchange) => after(exchange, delayMs, reply)
  const why = delayMs === 0 ? 'a fixed reply' : `a fixed reply, after ${delayMs} ms`
  return Object.assign(handler, {
    explain: (): HandlerVerdict => ({ handler: 'respond', verdict: 'answer', status, why }),
  })
}

function bodyOf({ status = 200, body, json }: RespondOptions): Body {
  if (body !== undefined && json !== undefined) throw optionError('respond', 'json', json, 'none beside "body"')
  const text = json === undefined ? body : JSON.stringify(json)
  if (json !== undefined && text === undefined) throw optionError('respond', 'json', json, 'what JSON can say')
  if (text === undefined || text.length === 0) return emptyBody
  if (status === 204 || status === 205 || status === 304)
    throw optionError('respond', 'status', status, 'one that has a body (RFC 9110 §6.4.1)')
  // A copy: what the caller still holds may change (H-183).
  return bytesBody(Buffer.from(text as string))
}

function fieldsOf({ body, json, headers = {} }: RespondOptions): ReturnType<typeof toHeaders> {
  const fields = toHeaders(headers)
  if (json !== undefined) fields['content-type'] ??= 'application/json'
  else if (typeof body === 'string') fields['content-type'] ??= 'text/plain; charset=utf-8'
  return fields
}

function after({ cancel }: Exchange, delayMs: Milliseconds, reply: Reply): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const leave = (reason: Error): void => {
      clearTimeout(timer)
      reject(reason)
    }
    const timer = setTimeout(() => {
      cancel.remove(leave)
      resolve(reply)
    }, delayMs)
    cancel.add(leave)
  })
}
