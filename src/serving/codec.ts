import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { Body } from '../body.js'
import type { HeaderMap } from '../http/header-map.js'
import type { RequestFields } from '../http/request-fields.js'
import type { OutcomeBuilder } from '../outcome.js'
import type { Reply } from '../reply.js'
import type { Traffic } from '../traffic.js'

/** A request as Node hands it out, of either version of HTTP. */
export type NodeRequest = IncomingMessage | Http2ServerRequest

/** Where Node lets one be answered. */
export type NodeResponse = ServerResponse | Http2ServerResponse

/** How one version of HTTP is read and written: all that its two APIs in Node do not have in common. It keeps nothing of a request. */
export interface Codec<Q extends NodeRequest = NodeRequest, S extends NodeResponse = NodeResponse> {
  /** The highest status that can be said. */
  readonly maxStatus: number
  /** Whether this version has such a field of a reply. */
  carries(name: string): boolean
  /** The method that a request is routed by. */
  method(req: Q): string
  /** The Host field as it came, for a target that names a host itself; `null` where a target can't. */
  hostOf(req: Q): string | null
  /** @throws {@link EdgeError} for a head that can't be trusted. */
  fields(req: Q, trusted: boolean, dropUnderscored: boolean): RequestFields
  /** The body, of which nothing is read before somebody wants it. */
  body(req: Q, length: number | undefined): Body
  /** Tells a gateway's traffic of a connection that carries more than one request at a time. */
  hold(req: Q, traffic: Traffic): void
  /** Whether a client is still sending its body. */
  isReceiving(req: Q): boolean
  /** Whether the reply has to wait for that to an earlier request. */
  isQueued(res: S): boolean
  /** Whether nobody can be told anything any more. */
  isGone(res: S): boolean
  /** Whether the reply has left whole. */
  isSent(res: S): boolean
  /** Calls back once, when the reply has left or never will. */
  onClose(res: S, listener: () => void): void
  /** Takes no more requests on the connection behind this reply. */
  retire(res: S): void
  /** Lets a client know what comes before the reply (1xx). */
  inform(res: S, status: number, headers: HeaderMap): void
  /** @throws Node's error for fields that can't be written, before anything is; the body's, if that has failed by then. */
  write(res: S, reply: Reply, outcome: OutcomeBuilder): void
  /** Makes way on a response for another reply than the one whose fields could not be written. */
  clear(res: S, fields: HeaderMap): void
  /** Breaks a reply off so that nobody takes it for whole. */
  breakOff(res: S): void
}
