import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { asError, EdgeError } from '../errors.js'
import { events } from '../events.js'
import type { Exchange } from '../exchange.js'
import type { PlainHandler } from '../filter.js'
import { discard, emptyReply, type Reply } from '../reply.js'
import type { ProxyEvents } from './events.js'
import { IncomingReply } from './incoming-reply.js'
import { intercepted } from './intercept.js'
import type { ProxyMiddlewareOptions } from './options.js'
import { OutgoingRequest } from './outgoing-request.js'
import type { Place } from './target.js'

/** Calls what `on` has, around a handler. What a hook throws, or rejects with, is the framework's to handle. */
export class Hooks {
  readonly #options: ProxyMiddlewareOptions
  readonly #on: ProxyEvents

  constructor(options: ProxyMiddlewareOptions) {
    this.#options = options
    this.#on = options.on ?? {}
  }

  async run(exchange: Exchange, res: ServerResponse | undefined, place: Place, next: PlainHandler): Promise<Reply> {
    const on = this.#on
    const req = exchange.raw as IncomingMessage
    await on.start?.(req, res, place.endpoint)
    const proxyReq = new OutgoingRequest(exchange, place)
    if (exchange.upgrade === null) await on.proxyReq?.(proxyReq, req, res!, this.#options)
    else await on.proxyReqWs?.(proxyReq, req, exchange.upgrade.socket, this.#options, exchange.upgrade.head)
    if (hasAnswered(res)) return whenSent(res)
    let reply: Reply
    try {
      reply = await next(proxyReq.changed())
    } catch (error) {
      return this.#failed(exchange, asError(error), res ?? exchange.upgrade!.socket, place)
    }
    return res === undefined ? reply : this.#replied(exchange, reply, proxyReq, res)
  }

  async #replied(exchange: Exchange, reply: Reply, proxyReq: OutgoingRequest, res: ServerResponse): Promise<Reply> {
    const on = this.#on
    if (on.proxyRes === undefined && on.end === undefined) return reply
    const req = exchange.raw as IncomingMessage
    const selfHandled = this.#options.selfHandleResponse === true
    const proxyRes = new IncomingReply(reply, proxyReq, selfHandled)
    if (on.end !== undefined) exchange.onSettled(() => told(() => on.end?.(req, res, proxyRes)))
    try {
      if (selfHandled) proxyRes.on('error', () => res.destroy())
      await on.proxyRes?.(proxyRes, req, res)
      if (!selfHandled && hasAnswered(res)) {
        discard(reply)
        return await whenSent(res)
      }
      const changed = proxyRes.changed()
      if (!selfHandled) return changed
      if (proxyRes.interceptor !== null)
        return await intercepted(exchange, changed, proxyRes, proxyRes.interceptor, res)
      return await whenSent(res)
    } catch (error) {
      discard(reply)
      throw error
    } finally {
      if (selfHandled) proxyRes.destroy()
    }
  }

  /** Tells of a failure, and passes it on unless the hook has answered. */
  async #failed(exchange: Exchange, error: Error, to: ServerResponse | Duplex, place: Place): Promise<Reply> {
    const left = error instanceof EdgeError && error.code === 'ERR_EDGE_CLIENT_CLOSED'
    const hook = left ? this.#on.econnreset : this.#on.error
    await hook?.(systemError(error), exchange.raw as IncomingMessage, to, place.endpoint)
    const res = 'writeHead' in to ? to : undefined
    if (hasAnswered(res)) return whenSent(res)
    throw error
  }
}

/** Calls a hook behind whose back nobody waits: what it rejects with must not end the process (H-096). */
async function told(hook: () => unknown): Promise<void> {
  try {
    await hook()
  } catch (error) {
    events.emit('fault', { where: 'on.end', error })
  }
}

/** Whether a hook has begun to answer by itself. */
function hasAnswered(res: ServerResponse | undefined): res is ServerResponse {
  return res !== undefined && (res.headersSent || res.writableEnded)
}

/** Waits for an answer that a hook writes, so that nobody else does; what this resolves with is not sent. */
async function whenSent(res: ServerResponse): Promise<Reply> {
  if (!res.closed) await once(res, 'close')
  return emptyReply(res.statusCode)
}

/** What the system said, as `ECONNREFUSED`, which hooks look for; else the error itself. */
function systemError(error: Error): Error {
  const { cause } = error
  return cause instanceof Error && 'code' in cause ? cause : error
}
