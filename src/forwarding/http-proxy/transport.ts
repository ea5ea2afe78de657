import http from 'node:http'
import https from 'node:https'
import type { Body } from '../../body.js'
import { EdgeError } from '../../errors.js'
import type { MutableHeaderMap } from '../../http/header-map.js'
import { check, checkOptions, type Milliseconds } from '../../options.js'
import type { Endpoint } from '../../upstream/endpoint.js'
import type { Transport } from '../transport.js'
import { outgoingHeaders, proxyServer, proxyTarget, requestFacade, setWirePath } from './proxy-server.js'
import { UpstreamRequest } from './upstream-request.js'

export interface HttpProxyOptions {
  /** For `http:` and `unix:` endpoints; yours to destroy. @default a keep-alive agent of each endpoint's own */
  readonly agent?: http.Agent | undefined
  /** For `https:` endpoints. @default a keep-alive agent of each endpoint's own */
  readonly httpsAgent?: https.Agent | undefined
  /** Age past which a connection of an endpoint's own agent takes no further request. @default 300000 */
  readonly maxConnectionAgeMs?: Milliseconds | undefined
}

/**
 * The second transport: http-proxy-3 on Node's `http.Agent`, for those who need that ecosystem (proxies, tracing, pinned
 * sockets). Costs about twice the default transport per request.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * forward({ pool, transport: httpProxy({ agent: new http.Agent({ keepAlive: true }) }) })
 * ```
 */
export function httpProxy(options: HttpProxyOptions = {}): Transport {
  checkOptions('httpProxy', options, {
    agent: check.object,
    httpsAgent: check.object,
    maxConnectionAgeMs: check.duration,
  })
  const { maxConnectionAgeMs = 300_000 } = options
  const kind = `http-proxy ${maxConnectionAgeMs}`
  return async (exchange, attempt) => {
    const server = await proxyServer()
    return new Promise((resolve, reject) => {
      const upstream = new UpstreamRequest(exchange, attempt, resolve, reject)
      const { endpoint } = attempt
      const facade = requestFacade(
        exchange,
        outgoingHeaders(exchange.headers, framing(exchange.method, exchange.body)),
        (request) => {
          setWirePath(request, endpoint, exchange)
          upstream.take(request)
          // Without a listener Node would only close the connection, which looks like a reset and would be tried again (H-068).
          request.on('upgrade', (_, socket) => {
            socket.destroy()
            upstream.fail(new EdgeError('ERR_EDGE_BAD_REPLY', 'upstream reply refused: status 101'))
          })
          upstream.send(exchange.body)
        },
      )
      try {
        const given = endpoint.protocol === 'https' ? options.httpsAgent : options.agent
        const agent = attempt.freshConnection
          ? false
          : (given ?? endpoint.own(kind, () => new OwnAgent(endpoint, maxConnectionAgeMs)).agent)
        server.web(
          facade as never,
          replyStub as never,
          { ...proxyTarget(endpoint, 'https:', 'http:'), agent, selfHandleResponse: true } as never,
          () => {},
        )
      } catch (error) {
        upstream.fail(error as Error)
      }
    })
  }
}

/** Stands where http-proxy-3 expects the client's reply; it is told to leave that alone. */
const replyStub = { on: () => replyStub, finished: false, headersSent: false, writableFinished: false }

/** A keep-alive agent that lives and ends with its endpoint. */
class OwnAgent {
  readonly agent: http.Agent

  constructor(endpoint: Endpoint, maxAgeMs: Milliseconds) {
    // A second less than Node servers keep an idle connection, so that the client is the one to close it (H-100).
    this.agent = new (endpoint.protocol === 'https' ? https : http).Agent({
      keepAlive: true,
      timeout: 4_000,
      scheduling: 'lifo',
    })
    // So that a changed name is resolved anew under steady traffic, too (H-099); a connection's age counts from its first reply.
    const since = new WeakMap<object, number>()
    const keep = this.agent.keepSocketAlive.bind(this.agent) as (socket: object) => boolean
    this.agent.keepSocketAlive = (socket) => {
      if (!since.has(socket)) since.set(socket, performance.now())
      return performance.now() - since.get(socket)! < maxAgeMs && keep(socket)
    }
  }

  async close(): Promise<void> {
    for (const socket of Object.values(this.agent.freeSockets).flat()) socket?.destroy()
    this.agent.maxFreeSockets = 0
  }
}

/** The framing of a request, said outright: Node would leave a GET's or DELETE's body without any (H-001). */
function framing(method: string, body: Body): MutableHeaderMap {
  if (body.length === undefined) return { 'transfer-encoding': 'chunked' }
  if (body.length > 0 || method === 'POST' || method === 'PUT' || method === 'PATCH')
    return { 'content-length': String(body.length) }
  return {}
}
