import { bytes } from '../body-tools.js'
import { asError, EdgeError } from '../errors.js'
import type { Handler } from '../filter.js'
import { gatewayFor, type ServedGateway } from '../gateway.js'
import type { NodeExchange } from '../node-exchange.js'
import { emptyReply, errorReply, notAReply, type Reply } from '../reply.js'
import { type TestExchange, type TestExchangeOptions, testExchange } from './exchange.js'

/** What a gateway or a handler answered in memory. */
export interface Asked {
  readonly exchange: TestExchange
  readonly reply: Reply
  readonly status: number
  readonly headers: Reply['headers']
  /** All of the body as text; the exchange settles when it is read. */
  text(): Promise<string>
  /** The same, read as JSON. */
  json(): Promise<unknown>
}

const LIMIT = 64 * 1024 * 1024

/**
 * Asks a gateway or a handler without a server: routes, filters and handlers run as they do for a request. An
 * {@link EdgeError} is answered as adapters answer it; what is not Edgewise's rejects.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * import { ask } from 'edgewise/testing'
 *
 * const { status, headers } = await ask(gateway, '/users/1', { client: { address: '203.0.113.9' } })
 * ```
 */
export async function ask(
  subject: ServedGateway | Handler,
  target: string,
  options: TestExchangeOptions = {},
): Promise<Asked> {
  const gateway = typeof subject === 'function' ? gatewayFor(subject) : subject
  const exchange = testExchange(target, options)
  const reply = await answer(gateway, exchange)
  const wrong = notAReply(reply)
  if (wrong !== null) throw wrong
  const { status, headers, body } = reply
  const text = async (): Promise<string> => {
    const whole = Buffer.from(await bytes(body, LIMIT)).toString()
    exchange.settle({ status })
    return whole
  }
  return { exchange, reply, status, headers, text, json: async () => JSON.parse(await text()) }
}

async function answer(gateway: ServedGateway, exchange: TestExchange): Promise<Reply> {
  const { method, target, headers, client } = exchange
  const routed = gateway.route({ method, path: target.path, query: target.query, host: client.host, headers })
  if ('allow' in routed) {
    const allow = [...routed.allow].sort().join(', ')
    return allow === '' ? emptyReply(404) : emptyReply(405, { allow })
  }
  const { origin } = exchange as unknown as NodeExchange
  origin.route = routed.route
  origin.captures = routed.captures
  try {
    return await routed.handler(exchange)
  } catch (thrown) {
    const error = asError(thrown)
    exchange.noteFailure(error as EdgeError)
    if (error instanceof EdgeError) return errorReply(error)
    throw error
  }
}
