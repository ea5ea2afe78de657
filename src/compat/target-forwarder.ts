import type { IncomingMessage, ServerResponse } from 'node:http'
import { LRUCache } from 'lru-cache'
import type { Exchange } from '../exchange.js'
import { compose, type Filter, type Handler } from '../filter.js'
import { rewriteCookies } from '../filters/rewriting/rewrite-cookies.js'
import { rewriteLocation } from '../filters/rewriting/rewrite-location.js'
import { forward } from '../forward.js'
import type { ForwardOptions } from '../forwarding/forward-options.js'
import { httpProxy } from '../forwarding/http-proxy/transport.js'
import { changeHeaders } from '../http/header-map.js'
import { compileRules } from '../http/header-rules.js'
import { createPool } from '../pool.js'
import type { Reply } from '../reply.js'
import { cookieRules } from './cookies.js'
import { FACTORY } from './factory.js'
import { Hooks } from './hooks.js'
import { logTo } from './logging.js'
import type { ProxyMiddlewareOptions } from './options.js'
import { compilePathRewrite, type PathRewriter } from './path-rewrite.js'
import { compileRouter, type Router } from './router.js'
import { type Place, readTarget } from './target.js'

/** Targets whose connections are kept: a router of the user's may name any number. */
const MOST_TARGETS = 100

/** The options as parts of ours: filters, and a forwarder for each target. */
export class TargetForwarder {
  readonly handler: Handler
  readonly #options: ProxyMiddlewareOptions
  readonly #route: Router
  readonly #rewrite: PathRewriter | null
  readonly #hooks: Hooks | null
  readonly #given: (exchange: Exchange) => Exchange
  readonly #forwarders = new LRUCache<string, Handler>({
    max: MOST_TARGETS,
    dispose: (handler, _endpoint, why) => {
      if (why === 'evict') void handler.close?.()
    },
  })
  readonly #responseOf: (req: object) => ServerResponse | undefined

  /** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
  constructor(options: ProxyMiddlewareOptions, responseOf: (req: object) => ServerResponse | undefined) {
    this.#options = options
    this.#responseOf = responseOf
    this.#route = compileRouter(options)
    this.#rewrite = compilePathRewrite(options)
    this.#hooks = options.on === undefined ? null : new Hooks(options)
    this.#given = compileFields(options)
    const handler = Object.assign((exchange: Exchange) => this.#answer(exchange), { close: () => this.close() })
    this.handler = compose(...(options.filters ?? []), ...replyFilters(options), handler)
  }

  /** Lets go of all connections that are kept; new requests make new ones. */
  async close(): Promise<void> {
    const handlers = [...this.#forwarders.values()]
    this.#forwarders.clear()
    await Promise.all(handlers.map((handler) => handler.close?.()))
  }

  async #answer(exchange: Exchange): Promise<Reply> {
    const res = this.#responseOf(exchange.raw)
    const place = await this.#route(exchange, res)
    const { logger } = this.#options
    if (logger !== undefined) logTo(logger, exchange, place)
    const asked = await this.#asked(exchange, place, res)
    const forwarder = this.#forwarderTo(place)
    return this.#hooks === null ? forwarder(asked) : this.#hooks.run(asked, res, place, forwarder)
  }

  async #asked(exchange: Exchange, place: Place, res: ServerResponse | undefined): Promise<Exchange> {
    const given = this.#given(exchange)
    const wire =
      place.fixed ?? (await this.#rewrite?.(given.wire.href, given.raw as IncomingMessage, res, this.#options))
    const { host } = place
    if (wire === undefined && this.#options.changeOrigin !== true) return given
    const headers = this.#options.changeOrigin === true ? changeHeaders(given.headers, { host }) : given.headers
    return given.with(wire === undefined ? { headers } : { wire, headers })
  }

  #forwarderTo({ endpoint }: Place): Handler {
    const known = this.#forwarders.get(endpoint)
    if (known !== undefined) return known
    const pool = createPool({
      name: endpoint,
      endpoints: [endpoint],
      tls: { rejectUnauthorized: this.#options.secure ?? true },
    })
    const made = Object.assign(forward({ pool, ...forwardOptions(this.#options) }), { close: () => pool.close() })
    this.#forwarders.set(endpoint, made)
    return made
  }
}

function forwardOptions(options: ProxyMiddlewareOptions): Omit<ForwardOptions, 'pool'> {
  const { agent, xfwd, upgradeTimeout } = options
  const silence = Math.min(options.proxyTimeout ?? 120_000, options.timeout ?? Number.POSITIVE_INFINITY)
  return {
    firstByteTimeoutMs: silence,
    idleTimeoutMs: silence,
    handshakeTimeoutMs: upgradeTimeout,
    forwarded: xfwd === true ? 'x-forwarded' : 'off',
    transport: agent === undefined ? undefined : httpProxy({ agent }),
  }
}

/** Sets `headers` and `auth`, in front of hooks, which see them and may change them. */
function compileFields({ headers, auth }: ProxyMiddlewareOptions): (exchange: Exchange) => Exchange {
  const authorization = auth === undefined ? {} : { authorization: `Basic ${Buffer.from(auth).toString('base64')}` }
  const values = Object.entries({ ...authorization, ...headers })
  if (values.length === 0) return (exchange) => exchange
  // As functions: braces in a value are no template.
  const set = Object.fromEntries(values.map(([name, value]) => [name, () => String(value)]))
  const change = compileRules(`${FACTORY} headers`, { set }, 'request')
  return (exchange) => {
    const own = change.copy(exchange.headers)
    change.apply(own, exchange)
    return exchange.with({ headers: own })
  }
}

function replyFilters(options: ProxyMiddlewareOptions): Filter[] {
  const { autoRewrite, hostRewrite, protocolRewrite, target } = options
  const cookies = cookieRules(options)
  const protocol = protocolRewrite ?? (target === undefined ? 'http' : readTarget(target, options).protocol)
  return [
    ...(hostRewrite === undefined
      ? autoRewrite === true
        ? [rewriteLocation()]
        : []
      : [rewriteLocation({ origin: `${protocol}://${hostRewrite}` })]),
    ...(cookies === null ? [] : [rewriteCookies(cookies)]),
  ]
}
