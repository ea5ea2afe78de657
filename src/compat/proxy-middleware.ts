import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { toNode } from '../adapters/node.js'
import { createGateway, type Gateway } from '../gateway.js'
import { belowBase, parseTarget } from '../http/target.js'
import { attachUpgrade } from '../serving/attach-upgrade.js'
import { lastResort } from '../serving/last-resort.js'
import type { EdgeMiddleware } from '../serving/middleware.js'
import type { Next } from '../serving/serve.js'
import { type MountedRequest, Mounts, mountOf } from './mounts.js'
import { checkProxyOptions, type ProxyMiddlewareOptions } from './options.js'
import { type Admits, compilePathFilter } from './path-filter.js'
import { TargetForwarder } from './target-forwarder.js'

/** Middleware for Express, connect and whatever else calls `(req, res, next)`, and a listener for `node:http` by itself. */
export interface ProxyMiddleware<
  Req extends IncomingMessage = IncomingMessage,
  Res extends ServerResponse = ServerResponse,
> {
  /** Resolves when the reply has left, or somebody else was asked. */
  (req: Req, res: Res, next?: (error?: unknown) => void): Promise<void>
  /** For a server's `upgrade` event, where `ws` is not set. */
  upgrade(req: IncomingMessage, socket: Duplex, head: Uint8Array): void
  /** What it is made of, for `gracefulShutdown`, `explain` and the status page. */
  readonly gateway: Gateway
  /** Drains, and lets go of all connections. */
  close(): Promise<void>
}

/**
 * Takes the options of http-proxy-middleware 2 to 4, and makes middleware of `forward`, pools and filters: for a migration by one import. What differs, and
 * what is refused and why, is in docs/compat.md.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`, also for options that can't be had here: it says why, and what is there instead.
 * @example
 * ```ts
 * import { createProxyMiddleware } from 'edgewise/compat'
 *
 * app.use('/api', createProxyMiddleware({ target: 'http://www.example.org/api', changeOrigin: true }))
 * ```
 */
export function createProxyMiddleware<
  Req extends IncomingMessage = IncomingMessage,
  Res extends ServerResponse = ServerResponse,
>(options: ProxyMiddlewareOptions<Req, Res>): ProxyMiddleware<Req, Res> {
  // Whatever a framework adds to them, they are Node's.
  const plain = options as unknown as ProxyMiddlewareOptions
  checkProxyOptions(plain)
  const mounted = new MountedProxy(plain)
  return Object.assign((req: Req, res: Res, next?: Next) => mounted.handle(req, res, next), {
    upgrade: (req: IncomingMessage, socket: Duplex, head: Uint8Array) => mounted.upgradeGiven(req, socket, head),
    gateway: mounted.gateway,
    close: () => mounted.gateway.close(),
  })
}

class MountedProxy {
  readonly gateway: Gateway
  readonly #forwarder: TargetForwarder
  readonly #admits: Admits<IncomingMessage> | null
  readonly #base: string | undefined
  readonly #mounts: Mounts
  readonly #takesUpgrades: boolean
  readonly #responses = new WeakMap<object, ServerResponse>()
  readonly #servers = new Set<Server>()

  constructor(options: ProxyMiddlewareOptions) {
    this.#forwarder = new TargetForwarder(options, (req) => this.#responses.get(req))
    this.gateway = createGateway({ routes: [{ path: '/**', handler: this.#forwarder.handler }] })
    this.#admits = compilePathFilter(options.pathFilter)
    this.#base = options.base
    this.#mounts = new Mounts(this.gateway, options.base)
    this.#takesUpgrades = options.ws ?? false
  }

  handle(req: MountedRequest, res: ServerResponse, next: Next = lastResort(res, this.gateway.events)): Promise<void> {
    this.#meet(req)
    return new Promise((resolve) => {
      const goOn: Next = (error) => {
        resolve()
        next(error)
      }
      res.once('close', resolve)
      this.#responses.set(req, res)
      try {
        const base = this.#base ?? mountOf(req)
        if (this.#isOurs(req, req.originalUrl ?? req.url ?? '/', base)) this.#mounts.at(base)(req, res, goOn)
        else goOn()
      } catch (error) {
        goOn(error)
      }
    })
  }

  /** A server whose upgrades this takes by itself tells of each once more, if it was given `upgrade`, too. */
  upgradeGiven(req: IncomingMessage, socket: Duplex, head: Uint8Array): void {
    if (!(this.#takesUpgrades && this.#servers.has(serverOf(req)!))) this.#upgrade(req, socket, head)
  }

  #upgrade(req: IncomingMessage, socket: Duplex, head: Uint8Array): void {
    const base = this.#base ?? '/'
    let mount: EdgeMiddleware = NOBODY
    try {
      if (this.#isOurs(req, req.url ?? '/', base)) mount = this.#mounts.at(base)
    } catch (error) {
      this.gateway.events.emit('fault', { where: 'pathFilter', error })
    }
    mount.upgrade(req, socket, head as Buffer)
  }

  /** By the path that routes would see. One that has none is not known to be ours. */
  #isOurs(req: IncomingMessage, href: string, base: string): boolean {
    if (this.#admits === null) return true
    const target = parseTarget(href, req.method ?? 'GET', req.headers.host ?? null, this.gateway.policy)
    const below = 'error' in target ? undefined : belowBase(target, base)
    return below !== undefined && this.#admits(below.path, req)
  }

  /** Once for each server: takes its upgrades, and lets go of connections when the last one has closed, as nobody calls `close`. */
  #meet(req: IncomingMessage): void {
    const server = serverOf(req)
    if (server === undefined || this.#servers.has(server)) return
    this.#servers.add(server)
    if (this.#takesUpgrades)
      attachUpgrade(server, { upgrade: (given, socket, head) => this.#upgrade(given, socket, head) })
    server.once('close', () => {
      this.#servers.delete(server)
      if (this.#servers.size === 0) void this.#forwarder.close()
    })
  }
}

/** Takes no upgrade, so that it gets a 404 unless somebody else listens. */
const NOBODY = toNode(createGateway({ routes: [] }), { fallThrough: true })

function serverOf(req: IncomingMessage): Server | undefined {
  return (req.socket as { server?: Server }).server
}
