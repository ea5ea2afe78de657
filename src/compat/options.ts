import type { Agent, IncomingMessage, ServerResponse } from 'node:http'
import type { Filter } from '../filter.js'
import { type Check, check, checkOptions, type Milliseconds, optionError } from '../options.js'
import type { ProxyEvents } from './events.js'
import { FACTORY } from './factory.js'
import type { PathFilter } from './path-filter.js'
import type { ProxyTarget } from './target.js'

/** What http-proxy-middleware takes, as far as it can be had; what it takes besides is refused, with the reason. */
export interface ProxyMiddlewareOptions<
  Req extends IncomingMessage = IncomingMessage,
  Res extends ServerResponse = ServerResponse,
> {
  /** Where requests go. Optional only with a `router` that always finds one. @default none */
  readonly target?: ProxyTarget | undefined
  /** Which paths are proxied: a prefix, globs with `!` for those that are not, or a function. Others go to `next`. @default all */
  readonly pathFilter?: PathFilter<Req> | undefined
  /** By the first regular expression that matches path and query, or by a function. @default none */
  readonly pathRewrite?: PathRewriteOption<Req, Res> | undefined
  /** Another target for some requests, by Host, path or both; or a function. `undefined` is {@link target}. @default none */
  readonly router?: RouterOption<Req, Res> | undefined
  /** Send the target's name as Host. @default false */
  readonly changeOrigin?: boolean | undefined
  /** Take the upgrades of each server that a request has come from. Without it, give them to `upgrade`. @default false */
  readonly ws?: boolean | undefined
  /** Tell the target by X-Forwarded-* where requests come from; those that clients send never pass. @default false */
  readonly xfwd?: boolean | undefined
  /** Whether the target's certificate is verified. @default true */
  readonly secure?: boolean | undefined
  /** Fields to set in requests. @default none */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** `user:password`, as basic Authorization. @default none */
  readonly auth?: string | undefined
  /** Carries requests by an agent of Node's, through http-proxy-3. @default connections of our own, kept open */
  readonly agent?: Agent | undefined
  /** How long the target may be silent: a 504 then. @default 120000 */
  readonly proxyTimeout?: Milliseconds | undefined
  /** The same: the shorter of the two counts. @default none */
  readonly timeout?: Milliseconds | undefined
  /** Until the target has answered a WebSocket's handshake. @default 10000 */
  readonly upgradeTimeout?: Milliseconds | undefined
  /** Whether the target's path stands in front of the request's. @default true */
  readonly prependPath?: boolean | undefined
  /** Send the target's path and query in place of the request's. @default false */
  readonly ignorePath?: boolean | undefined
  /** In the target's redirects, what the client asked for instead of the target's own name. @default false */
  readonly autoRewrite?: boolean | undefined
  /** The same with this host. @default none */
  readonly hostRewrite?: string | undefined
  /** `http` or `https` beside {@link hostRewrite}. @default the target's */
  readonly protocolRewrite?: 'http' | 'https' | undefined
  /** Domain of the target's cookies; `''` takes it away. @default false: as it came */
  readonly cookieDomainRewrite?: false | string | Readonly<Record<string, string>> | undefined
  /** Path of the target's cookies. @default false: as it came */
  readonly cookiePathRewrite?: false | string | Readonly<Record<string, string>> | undefined
  /** `on.proxyRes` writes the reply. @default false */
  readonly selfHandleResponse?: boolean | undefined
  /** Told of each reply, and of failures. @default none */
  readonly logger?: Pick<Console, 'info' | 'warn' | 'error'> | undefined
  /** Functions that are told of a request, its reply and its end, and may change them. @default none */
  readonly on?: ProxyEvents<Req, Res> | undefined
  /** Redirects are the client's to follow: `true` is refused. @default false */
  readonly followRedirects?: false | undefined
  /**
   * Where it is mounted, for upgrades, which frameworks take no prefix off. Not in http-proxy-middleware.
   * @default for requests what the framework took off, for upgrades '/'
   */
  readonly base?: string | undefined
  /** Filters of ours in front: from here, one moves on to `compose` and `forward`. Not in http-proxy-middleware. @default none */
  readonly filters?: readonly Filter[] | undefined
}

/**
 * By regular expression, what takes its place: the first that matches path and query counts. Or a function, whose `undefined` leaves both.
 */
export type PathRewriteOption<Req, Res> =
  | Readonly<Record<string, string>>
  | ((
      path: string,
      req: Req,
      res?: Res,
      options?: ProxyMiddlewareOptions,
    ) => string | undefined | Promise<string | undefined>)

/** Targets by `host`, `host/path` or `/path`: the first that fits counts. Or a function, whose `undefined` is the usual target. */
export type RouterOption<Req, Res> =
  | Readonly<Record<string, ProxyTarget>>
  | ((
      req: Req,
      res: Res | undefined,
      options: ProxyMiddlewareOptions,
    ) => ProxyTarget | undefined | Promise<ProxyTarget | undefined>)

/** Why some options can't be had, and what is there instead. */
const REFUSED = {
  forward: 'none: a copy of requests is mirror() (docs/traffic.md)',
  plugins:
    'none: there is no proxy server to plug into; write a filter (docs/writing-a-filter.md) and give it as filters',
  ejectPlugins: 'none, as there are no plugins',
  buffer: 'none: let the parser keep the bytes, express.json({ verify: keepRawBody }) (docs/forwarding.md)',
  toProxy: 'none: an absolute URL as target tells another proxy where to go, past its own rules',
  localAddress: 'none: the system chooses the address',
  preserveHeaderKeyCase: 'none: names of fields have no case (RFC 9110 §5.1), and are in lower case here',
  ssl: 'none: make the server with tlsOptions() (docs/tls.md)',
  onError: 'none: on: { error }',
  onProxyReq: 'none: on: { proxyReq }',
  onProxyReqWs: 'none: on: { proxyReqWs }',
  onProxyRes: 'none: on: { proxyRes }',
  logLevel: 'none: logger',
  logProvider: 'none: logger',
  context: 'none: pathFilter',
  http2: 'none: make an HTTP/2 server, or give a pool http2() (docs/http2.md)',
} as const

/** A check that lets only what changes nothing pass. */
const refused =
  (why: string): Check =>
  (value) =>
    value === false ? undefined : why

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function checkProxyOptions(options: ProxyMiddlewareOptions): void {
  checkOptions(FACTORY, options, {
    target: check.anything,
    pathFilter: check.anything,
    pathRewrite: check.either(check.object, check.function),
    router: check.either(check.object, check.function),
    changeOrigin: check.boolean,
    ws: check.boolean,
    xfwd: check.boolean,
    secure: check.boolean,
    headers: check.object,
    auth: check.string,
    agent: check.object,
    proxyTimeout: check.duration,
    timeout: check.duration,
    upgradeTimeout: check.duration,
    prependPath: check.boolean,
    ignorePath: check.boolean,
    autoRewrite: check.boolean,
    hostRewrite: check.string,
    protocolRewrite: check.oneOf('http', 'https'),
    cookieDomainRewrite: textOrTable,
    cookiePathRewrite: textOrTable,
    selfHandleResponse: check.boolean,
    logger: (value) =>
      typeof (value as Console)?.info === 'function' ? undefined : 'an object with info, warn, error',
    on: check.object,
    followRedirects: refused(
      'false: a redirect is for the client, and following one lets a target choose whom is asked',
    ),
    base: check.string,
    filters: check.array,
    ...Object.fromEntries(Object.entries(REFUSED).map(([name, why]) => [name, refused(why)])),
  })
  if (options.target === undefined && options.router === undefined)
    throw optionError(FACTORY, 'target', undefined, 'a URL, as http://www.example.org; or a router')
  if (options.protocolRewrite !== undefined && options.hostRewrite === undefined)
    throw optionError(
      FACTORY,
      'protocolRewrite',
      options.protocolRewrite,
      'none without hostRewrite: it would send clients to the target itself; autoRewrite has the protocol that they came by',
    )
  if (options.selfHandleResponse === true && options.on?.proxyRes === undefined)
    throw optionError(FACTORY, 'selfHandleResponse', true, 'false without on.proxyRes, as nobody would answer')
  checkOptions(`${FACTORY} on`, options.on ?? {}, {
    ...Object.fromEntries(
      ['proxyReq', 'proxyReqWs', 'proxyRes', 'error', 'econnreset', 'start', 'end'].map((name) => [
        name,
        check.function,
      ]),
    ),
    open: refused('none: what flows in a WebSocket is not to be read; events.on("tunnel", …) tells of it'),
    close: refused('none: events.on("tunnel", …) tells how a WebSocket ended (docs/websockets.md)'),
  })
}

function textOrTable(value: unknown): string | undefined {
  return value === false || typeof value === 'string'
    ? undefined
    : check.object(value) && "false, a text, or { 'old': 'new' }"
}
