import { bytesBody } from './body.js'
import { bytes } from './body-tools.js'
import type { Exchange } from './exchange.js'
import type { Bytes } from './options.js'

/** Node's request, where a parser or a filter has kept the bytes of its body. */
export interface KeepsBody {
  rawBody?: Uint8Array
}

const readByFilters = new WeakSet<object>()

/**
 * Reads a request's body whole, for a filter that must know all of it, and gives the exchange to go on with, whose body is those bytes. They are also
 * left where parsers keep them, as an application behind `handOver()` could not read them again.
 *
 * @throws {@link EdgeError} `ERR_EDGE_BODY_TOO_LARGE` (413) past the limit; what the client failed with.
 */
export async function withWholeBody(exchange: Exchange, limit: Bytes): Promise<Exchange> {
  const whole = await bytes(exchange.body, limit)
  if (exchange.body.kind !== 'stream') return exchange
  ;(exchange.raw as KeepsBody).rawBody = whole
  readByFilters.add(exchange.raw)
  return exchange.with({ body: bytesBody(whole) })
}

/** The bytes of a body that is a value. */
export function wholeOf({ body }: Pick<Exchange, 'body'>): Uint8Array {
  return body.kind === 'bytes' ? body.bytes : NOTHING
}

const NOTHING = new Uint8Array(0)

/** Whether a filter, rather than a parser in front of it, has read a request's body. */
export function isReadByFilter(raw: object): boolean {
  return readByFilters.has(raw)
}
