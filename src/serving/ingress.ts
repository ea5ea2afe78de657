import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { emptyBody } from '../body.js'
import { EdgeError } from '../errors.js'
import type { UpgradeRequest } from '../exchange.js'
import type { Handler, PlainHandler } from '../filter.js'
import { keptHeaders } from '../forwarding/consumed-body.js'
import { gatewayFor, type ServedGateway } from '../gateway.js'
import { readHost } from '../http/authority.js'
import { clientCertificate } from '../http/client-certificate.js'
import { readClient } from '../http/client-info.js'
import { belowBase, isUnder, parseTarget } from '../http/target.js'
import { ExchangeOrigin, NodeExchange } from '../node-exchange.js'
import { phaseOfGateway } from '../observing/vitals/gateway-phase.js'
import { type Check, check, checkOptions, optionError } from '../options.js'
import { emptyReply, errorReply, type Reply } from '../reply.js'
import type { NodeRequest } from './codec.js'
import { codecOf } from './codecs.js'
import { markLast } from './last-request.js'

/** What every adapter takes as its second argument. */
export interface AdapterOptions {
  /** Where the gateway is mounted, as `/api`: the one source of the mount point, for requests and upgrades alike. @default '/' */
  readonly base?: string | undefined
  /** What is not ours: on to the framework's `next` (true), or answered with 404 and 405 (false). @default true; false on plain Node */
  readonly fallThrough?: boolean | undefined
}

/** A request that is ours, on its way to its handler. */
export interface Admitted {
  readonly exchange: NodeExchange
  readonly handler: PlainHandler
}

/** `null`: not ours. A reply: refused before there is an exchange. */
export type Admission = Admitted | Reply | null

/** Turns Node's requests into exchanges: target, fields, client and route, in that order, before any filter runs. */
export class Ingress {
  readonly gateway: ServedGateway
  readonly base: string
  readonly fallThrough: boolean

  /** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
  constructor(
    adapter: string,
    subject: ServedGateway | Handler,
    options: AdapterOptions,
    fallThrough: boolean,
    more: Readonly<Record<string, Check>>,
  ) {
    checkOptions(adapter, options, { base: check.string, fallThrough: check.boolean, ...more })
    this.gateway = typeof subject === 'function' ? gatewayFor(subject) : subject
    if (typeof this.gateway?.route !== 'function')
      throw optionError(adapter, 'gateway', subject, 'a gateway or a handler')
    this.base = readBase(adapter, options.base ?? '/')
    this.fallThrough = options.fallThrough ?? fallThrough
  }

  /**
   * Reads one request.
   *
   * @param url The unstripped target, whatever the framework made of it.
   */
  admit(req: NodeRequest, url: string, upgrade: Pick<UpgradeRequest, 'socket' | 'head'> | null = null): Admission {
    try {
      return this.#admit(req, url, upgrade)
    } catch (error) {
      if (error instanceof EdgeError) return this.#owns(req, url) ? errorReply(error) : null
      throw error
    }
  }

  /** Whether a framework that took a prefix off took the one we were told: `base` is the only source of the mount point. */
  checkStripped(stripped: string): void {
    if (stripped === '' || stripped === '/') return
    const target = parseTarget(stripped, 'GET', null)
    const path = 'error' in target ? stripped : target.path.replace(/\/$/, '')
    if (path.toLowerCase() === this.base.toLowerCase()) return
    throw new EdgeError(
      'ERR_EDGE_BASE_MISMATCH',
      `the framework stripped "${stripped}", but base is "${this.base}"; mount with app.use('${this.base}', …) or set { base: '${stripped}' } (docs/errors.md#err_edge_base_mismatch)`,
    )
  }

  #admit(req: NodeRequest, url: string, wish: Pick<UpgradeRequest, 'socket' | 'head'> | null): Admission {
    const acceptedAt = performance.now()
    const { gateway, base } = this
    const codec = codecOf(req)
    const method = codec.method(req)
    const socket = req.socket as Socket & { encrypted?: boolean }
    const peer = socket.remoteAddress ?? ''
    const trusted = gateway.trusted && gateway.trust(peer)
    const parsed = parseTarget(url, method, url.startsWith('/') ? null : codec.hostOf(req), gateway.policy)
    if ('error' in parsed) return this.fallThrough && !isUnder(parsed.prefix, base) ? null : errorReply(parsed.error)
    if (parsed.path === '*')
      return this.fallThrough ? null : emptyReply(204, { allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' })
    const target = belowBase(parsed, base)
    if (target === undefined) return this.fallThrough ? null : this.#notFound()
    const fields = codec.fields(req, trusted, gateway.dropUnderscored)
    if (fields.upgrade !== null && wish === null) markLast(req)
    const named = readHost(fields.headers['host'] as string | undefined, req.httpVersion)
    const encrypted = socket.encrypted === true
    const certificate = encrypted ? clientCertificate(socket as TLSSocket) : null
    const client = readClient(peer, encrypted, named, fields.headers, gateway.trust, trusted, certificate)
    const routed = gateway.route({
      method,
      path: target.path,
      query: target.query,
      host: client.host,
      headers: fields.headers,
    })
    if ('allow' in routed) {
      if (this.fallThrough) return null
      return routed.allow.size === 0
        ? this.#notFound()
        : emptyReply(405, { allow: [...routed.allow].sort().join(', ') })
    }
    codec.hold(req, gateway.traffic)
    if (gateway.traffic.draining && !routed.vital)
      throw new EdgeError('ERR_EDGE_CLOSING', 'the gateway is closing', { headers: { 'retry-after': '1' } })
    const upgrade =
      wish === null ? null : { protocol: (fields.upgrade ?? '').toLowerCase(), socket: wish.socket, head: wish.head }
    const origin = new ExchangeOrigin(req, client, base, upgrade, acceptedAt)
    origin.requestTarget = url
    origin.route = routed.route
    origin.captures = routed.captures
    const body = upgrade === null ? codec.body(req, fields.length) : emptyBody
    // Bytes this early are what a body parser kept.
    const headers = body.kind === 'bytes' ? keptHeaders(fields.headers, body.length) : fields.headers
    if (body.kind === 'stream') body.onClose((error) => noteRead(origin, error))
    else origin.outcome.requestRead = acceptedAt
    const exchange = new NodeExchange(origin, method, target, target, headers, body)
    if (routed.vital) exchange.set(phaseOfGateway, gateway)
    return { exchange, handler: routed.handler }
  }

  /** Whether a request that could not be read is ours to refuse: what is below the base is, and everything is when nobody else is there. */
  #owns(req: NodeRequest, url: string): boolean {
    if (!this.fallThrough) return true
    const codec = codecOf(req)
    const target = parseTarget(url, codec.method(req), codec.hostOf(req), this.gateway.policy)
    return isUnder('error' in target ? target.prefix : target.path, this.base)
  }

  #notFound(): Reply {
    return emptyReply(404)
  }
}

function noteRead({ outcome }: ExchangeOrigin, error: Error | null): void {
  if (error === null) outcome.requestRead = performance.now()
}

function readBase(adapter: string, base: string): string {
  const target = base.startsWith('/') ? parseTarget(base, 'GET', null) : null
  if (target === null || 'error' in target || target.query !== '')
    throw optionError(adapter, 'base', base, 'a plain path, as /api')
  return target.path.length > 1 ? target.path.replace(/\/$/, '') : '/'
}
