import type { StreamBody } from '../../body.js'
import { EdgeError } from '../../errors.js'
import type { Exchange } from '../../exchange.js'
import { defineFilter, type Filter, type PlainHandler } from '../../filter.js'
import { fieldValue } from '../../http/header-map.js'
import { type Bytes, check, checkOptions, optionError } from '../../options.js'
import type { Reply } from '../../reply.js'
import { type DenialOptions, denier } from '../denial.js'
import { orDenied, watched } from './watched-body.js'

export interface BodyLimitOptions extends DenialOptions {
  /** Longest request body. 0 lets no body pass. */
  readonly maxBytes: Bytes
  /** Whether a chunked body, which does not say its length, is refused with 411: see {@link bodyLimit} on `handOver()`. @default false */
  readonly requireLength?: boolean | undefined
}

/**
 * Answers 413 (RFC 9110 §15.5.14) to requests whose body is too long, as NGINX's `client_max_body_size`: at once where
 * Content-Length says so, and where the body comes in chunks as soon as it has passed the limit, with the upstream's request broken
 * off. Of a body that a parser has read already, what it kept counts.
 *
 * In front of `handOver()` it is the framework that reads a chunked body, which no filter sees: use its parser's limit, or
 * `requireLength`.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const uploads = { path: '/upload', filters: [bodyLimit({ maxBytes: 10 * 1024 * 1024 })], handler: forward({ pool }) }
 * ```
 */
export function bodyLimit(options: BodyLimitOptions): Filter {
  const size = check.whole(0, Number.MAX_SAFE_INTEGER)
  checkOptions('bodyLimit', options, { maxBytes: size, requireLength: check.boolean, events: check.object })
  const { maxBytes, requireLength = false, events } = options
  if (maxBytes === undefined) throw optionError('bodyLimit', 'maxBytes', undefined, size(undefined)!)
  const tooLong = denier('bodyLimit', 413, events)
  const noLength = denier('bodyLimit', 411, events)
  const why = `the body is longer than ${maxBytes} bytes`
  return defineFilter(
    {
      filterName: 'bodyLimit',
      stage: 'guard',
      explain: (exchange) => {
        const length = lengthOf(exchange)
        if (length === undefined)
          return requireLength
            ? { verdict: 'deny', why: 'the body does not say its length', status: 411 }
            : { verdict: 'depends', why: `a chunked body: denied past ${maxBytes} bytes` }
        return length > maxBytes
          ? { verdict: 'deny', why, status: 413 }
          : { verdict: 'pass', why: `the body is no longer than ${maxBytes} bytes` }
      },
    },
    (exchange, next) => {
      const length = lengthOf(exchange)
      if (length !== undefined) return length > maxBytes ? Promise.resolve(tooLong(exchange, why)) : next(exchange)
      if (requireLength) return Promise.resolve(noLength(exchange, 'the body does not say its length'))
      const { body } = exchange
      // One that has failed already goes as it is to whoever can tell why.
      if (body.kind !== 'stream' || body.failure !== null) return next(exchange)
      return runLimited(exchange, body, maxBytes, next, (each) => tooLong(each, why))
    },
  )
}

/** The length of a body: as it is, or, of one that a parser has read, as it was said to be. `undefined` for chunks. */
function lengthOf({ body, headers }: Exchange): number | undefined {
  if (body.length !== undefined) return body.length
  const stated = fieldValue(headers, 'content-length')
  return stated === undefined ? undefined : Number(stated)
}

function runLimited(
  exchange: Exchange,
  body: StreamBody,
  maxBytes: number,
  next: PlainHandler,
  deny: (exchange: Exchange) => Reply,
): Promise<Reply> {
  let left = maxBytes
  let denial: Reply | null = null
  const limited = watched(body, {
    chunk: (bytes) => {
      left -= bytes
      if (left >= 0) return null
      denial = deny(exchange)
      return new EdgeError('ERR_EDGE_BODY_TOO_LARGE', `body longer than ${maxBytes} bytes`)
    },
  })
  return orDenied(next, exchange.with({ body: limited.body }), () => denial)
}
