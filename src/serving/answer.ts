import type { Body } from '../body.js'
import { asError, EdgeError } from '../errors.js'
import { handOverFailure, isHandedOver } from '../hand-over.js'
import type { ExchangeOrigin } from '../node-exchange.js'
import { runTraced } from '../observing/tracing/trace.js'
import { type Check, check } from '../options.js'
import { discard, errorReply, notAReply, type Reply } from '../reply.js'
import type { NodeRequest, NodeResponse } from './codec.js'
import { codecOf } from './codecs.js'
import { endable } from './event-stream.js'
import { type FramedReply, framed } from './framing.js'
import type { AdapterOptions, Admitted } from './ingress.js'
import { handBack, type Service, type SetField, writeRefusal } from './serve.js'

/** Options of adapters whose framework writes replies by itself. */
export interface ValueAdapterOptions extends AdapterOptions {
  /** Write to Node's response past the framework: faster, with trailers and 1xx, but outer middleware can't change the reply. @default false */
  readonly direct?: boolean | undefined
}

export const valueChecks: Readonly<Record<string, Check>> = { direct: check.boolean }

/** How a framework that writes replies by itself goes on. */
export type Answer =
  /** With its next handler, which `go` calls, after setting what filters want set. */
  | { readonly kind: 'next'; give(set: SetField): void; go<T>(next: () => T): T }
  /** By writing this. */
  | { readonly kind: 'value'; readonly reply: Reply; readonly framed: FramedReply }
  /** By letting it be written past the framework, which can't say what must be said. */
  | { readonly kind: 'past'; readonly status: number; write(): void }

/**
 * The answer to one request as a value; rejects with what is the framework's to handle.
 *
 * @param cannot Statuses that the framework can't write as they are.
 */
export async function answerTo(
  service: Service,
  req: NodeRequest,
  res: NodeResponse,
  url: string,
  cannot: (status: number) => boolean,
): Promise<Answer> {
  const admission = service.ingress.admit(req, url)
  if (admission === null) return { kind: 'next', give: () => {}, go: (next) => next() }
  if (!('handler' in admission)) {
    service.retire(res)
    return { kind: 'past', status: admission.status, write: () => writeRefusal(res, admission) }
  }
  const { exchange } = admission
  const reply = await replyTo(service, admission, res)
  service.retire(res)
  if (isHandedOver(reply))
    return { kind: 'next', give: (set) => handBack(exchange, reply, set), go: (next) => runTraced(exchange, next) }
  const codec = codecOf(req)
  if (cannot(reply.status) || codec.isReceiving(req)) {
    return { kind: 'past', status: reply.status, write: () => service.write(exchange, reply, res) }
  }
  const ours = endable(exchange, reply, service.gateway.traffic)
  const value = framed(req.method, ours, codec.carries)
  keepAccounts(exchange.origin, ours.body, value)
  return { kind: 'value', reply: ours, framed: value }
}

/** What a writer of ours would note of a body, for one that the framework writes: as far as it was given it. */
function keepAccounts({ outcome, cancel }: ExchangeOrigin, body: Body, { whole }: FramedReply): void {
  outcome.phase = 'data'
  if (whole !== undefined || body.kind !== 'stream') {
    outcome.bytesOut = whole?.byteLength ?? 0
    return
  }
  const count = (): void => {
    outcome.bytesOut = body.received
  }
  // A client that leaves settles the exchange before the framework lets go of the body.
  cancel.add(count)
  body.onClose((error) => {
    count()
    if (outcome.error !== null || !(error instanceof EdgeError)) return
    outcome.error = error
    outcome.who = error.source
    outcome.broken = true
  })
}

async function replyTo(service: Service, admitted: Admitted, res: NodeResponse): Promise<Reply> {
  try {
    const reply = await service.run(admitted, res)
    const wrong = notAReply(reply) ?? handOverFailure(reply, service.findsKept)
    if (wrong !== null) throw wrong
    if (reply.status > codecOf(res.req).maxStatus) {
      discard(reply)
      throw new EdgeError('ERR_EDGE_BAD_VALUE', `this version of HTTP has no status ${reply.status}`)
    }
    // A body that died while its head is still here makes an error, not a broken reply.
    if (reply.body.kind === 'stream' && reply.body.failure !== null) throw reply.body.failure
    return reply
  } catch (thrown) {
    const error = asError(thrown)
    admitted.exchange.noteFailure(error)
    if (error instanceof EdgeError) return errorReply(error)
    throw error
  }
}
