import { EdgeError } from '../../../errors.js'
import type { Exchange } from '../../../exchange.js'
import type { Bytes } from '../../../options.js'
import { wholeOf, withWholeBody } from '../../../whole-body.js'
import { type Authentication, type Unsure, unsure } from '../authentication.js'

type Found = Authentication | Promise<Authentication>

/** Judges a body, given the exchange to go on with. */
export type JudgeBody = (bytes: Uint8Array, exchange: Exchange) => Found

/**
 * Reads a body that a signature vouches for, and goes on with it as bytes, which can be sent as they were checked. A longer one than the
 * limit is a 413, at once where its length is stated.
 */
export function withBody(exchange: Exchange, limit: Bytes, judge: JudgeBody): Found {
  const { body } = exchange
  if (body.length !== undefined && body.length > limit) return tooLong(limit)
  if (body.kind !== 'stream') return judge(wholeOf(exchange), exchange)
  return withWholeBody(exchange, limit).then(
    (onwards) => judge(wholeOf(onwards), onwards),
    (error) => {
      if (error instanceof EdgeError && error.code === 'ERR_EDGE_BODY_TOO_LARGE') return tooLong(limit)
      throw error
    },
  )
}

/** The same of an exchange whose body is not read: judged is what is there already. */
export function foreseeBody(
  { body }: Exchange,
  limit: Bytes,
  judge: (bytes: Uint8Array) => Authentication | Unsure,
): Authentication | Unsure {
  if (body.length !== undefined && body.length > limit) return tooLong(limit)
  return body.kind === 'stream' ? unsure('on the body, which is signed') : judge(wholeOf({ body }))
}

function tooLong(limit: Bytes): Authentication {
  return { outcome: 'rejected', why: `the signed body is longer than ${limit} bytes`, status: 413 }
}

/**
 * Of a signature that is there, and not good.
 *
 * @param exchange What to go on with, once a body was read.
 */
export function rejected(why: string, exchange?: Exchange): Authentication {
  return { outcome: 'rejected', why, exchange }
}
