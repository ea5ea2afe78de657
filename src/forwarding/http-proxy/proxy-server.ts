import type { ClientRequest } from 'node:http'
import type { ProxyServer } from 'http-proxy-3'
import type { Exchange } from '../../exchange.js'
import type { HeaderMap, MutableHeaderMap } from '../../http/header-map.js'
import type { Endpoint } from '../../upstream/endpoint.js'

let loading: Promise<ProxyServer> | null = null

/**
 * The one http-proxy-3 instance, loaded at first use. It only ever sees stand-ins for the client's request, reply and socket,
 * and is used for one thing: to make and send the request to the upstream.
 *
 * Its `deleteLength` pass re-frames a chunked DELETE or OPTIONS into request smuggling (H-001, CVE-2026-29057's cause) and is
 * taken out; its X-headers, redirects, cookie passes and `fetch` mode are never on.
 */
export function proxyServer(): Promise<ProxyServer> {
  loading ??= import('http-proxy-3').then(({ createProxyServer }) => {
    const server = createProxyServer({ xfwd: false, selfHandleResponse: true })
    const passes = server as unknown as { webPasses: { readonly name: string }[] }
    passes.webPasses = passes.webPasses.filter(({ name }) => name !== 'deleteLength')
    server.on('error', () => {})
    server.on('proxyReqWs', (request, facade) => (facade as unknown as RequestFacade).captured(request))
    return server
  })
  return loading
}

/** What of an IncomingMessage http-proxy-3 reads, made from an exchange. */
export interface RequestFacade {
  readonly method: string
  readonly url: string
  readonly headers: MutableHeaderMap
  readonly httpVersion: string
  readonly httpVersionMajor: number
  readonly socket: { readonly destroyed: boolean }
  on(): RequestFacade
  /** http-proxy-3 pipes the request's body here: this hands over the request that it has made. */
  pipe(request: ClientRequest): void
  captured(request: ClientRequest): void
}

export function requestFacade(
  exchange: Exchange,
  headers: MutableHeaderMap,
  captured: (request: ClientRequest) => void,
): RequestFacade {
  const facade: RequestFacade = {
    method: exchange.method,
    // The wire target is set on the request itself: this one would be joined and parsed on its way.
    url: '/',
    headers,
    httpVersion: '1.1',
    httpVersionMajor: 1,
    socket: { destroyed: false },
    on: () => facade,
    pipe: captured,
    captured,
  }
  return facade
}

/** Where http-proxy-3 should connect to: the endpoint's own name decides verification and SNI (H-199). */
export function proxyTarget(
  endpoint: Endpoint,
  secure: 'https:' | 'wss:',
  plain: 'http:' | 'ws:',
): { readonly target: object; readonly ssl: object; readonly secure: boolean } {
  const { tls, lookup } = endpoint.connect
  const address =
    endpoint.socketPath === null
      ? { host: endpoint.host, hostname: endpoint.hostname, port: endpoint.port }
      : { host: 'localhost', port: 80, socketPath: endpoint.socketPath }
  const encrypted = endpoint.protocol === 'https'
  return {
    target: { ...address, protocol: encrypted ? secure : plain, cert: tls.cert, key: tls.key, ca: tls.ca },
    ssl: { lookup, ...(encrypted ? { servername: endpoint.servername } : {}) },
    secure: tls.rejectUnauthorized ?? true,
  }
}

/** Headers as http-proxy-3 and Node take them: framing is ours to say, since Node leaves a GET's or DELETE's body unframed. */
export function outgoingHeaders(headers: HeaderMap, framing: MutableHeaderMap): MutableHeaderMap {
  const outgoing: MutableHeaderMap = { ...headers }
  delete outgoing['content-length']
  return Object.assign(outgoing, framing)
}

/** The path to send, in place of what http-proxy-3 worked out. */
export function setWirePath(request: ClientRequest, endpoint: Endpoint, exchange: Exchange): void {
  request.path = endpoint.pathPrefix + exchange.wire.href
}
