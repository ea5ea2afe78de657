import { errorCode } from '../../errors.js'
import type { Exchange } from '../../exchange.js'
import { defineFilter, type Filter, type PlainHandler, type Verdict } from '../../filter.js'
import type { Bytes } from '../../options.js'
import type { Reply } from '../../reply.js'
import { wholeOf, withWholeBody } from '../../whole-body.js'
import type { Refusal, Refuse } from './refusal.js'

/** Says what is wrong with a whole body; `null` for nothing. */
export type BodyJudge = (body: Uint8Array) => Refusal | null

/** What to do with a request, by all that is known before its body: refuse it, read it whole and judge that, or let it pass. */
export type Plan = Refusal | BodyJudge | null

/** What makes a guard of bodies. */
export interface BodyGuardTraits {
  readonly filterName: string
  readonly maxBytes: Bytes
  readonly refuse: Refuse
  /** Reads the exchange and nothing else, so that `explain` can ask it, too. */
  plan(exchange: Exchange): Plan
  /** What becomes of the reply. */
  answered?: ((exchange: Exchange, reply: Reply) => Reply | Promise<Reply>) | undefined
}

/** Makes a guard that reads bodies where it must, and passes them on as the bytes that came. */
export function bodyGuard(traits: BodyGuardTraits): Filter {
  const { filterName, answered } = traits
  return defineFilter(
    {
      filterName,
      stage: 'guard',
      needsReplyBody: answered !== undefined,
      explain: (exchange) => verdictOf(traits.plan(exchange), exchange, traits.maxBytes),
    },
    (exchange, next) => follow(traits.plan(exchange), exchange, next, traits),
  )
}

/** What a plan comes to, for `explain`. */
export function verdictOf(plan: Plan, exchange: Exchange, maxBytes: Bytes): Verdict {
  if (plan === null) return { verdict: 'pass', why: 'nothing speaks against it' }
  if (typeof plan !== 'function') return { verdict: 'deny', why: plan.rule ?? plan.detail, status: plan.status }
  const { body } = exchange
  if (body.length !== undefined && body.length > maxBytes) return verdictOf(tooLong(maxBytes), exchange, maxBytes)
  const workOut = async (): Promise<Verdict> => verdictOf(plan(wholeOf(exchange)), exchange, maxBytes)
  return { verdict: 'depends', why: 'on the body', workOut: body.kind === 'stream' ? undefined : workOut }
}

function tooLong(maxBytes: Bytes): Refusal {
  return { status: 413, detail: `The body must be no longer than ${maxBytes} bytes.` }
}

/** Carries a plan out. */
export function follow(
  plan: Plan,
  exchange: Exchange,
  next: PlainHandler,
  { maxBytes, refuse, answered }: Pick<BodyGuardTraits, 'maxBytes' | 'refuse' | 'answered'>,
): Promise<Reply> {
  const goOn = (passed: Exchange): Promise<Reply> =>
    answered === undefined ? next(passed) : next(passed).then((reply) => answered(passed, reply))
  if (plan === null) return goOn(exchange)
  if (typeof plan !== 'function') return Promise.resolve(refuse(exchange, plan))
  return withWholeBody(exchange, maxBytes).then(
    (read) => {
      const refusal = plan(wholeOf(read))
      return refusal === null ? goOn(read) : refuse(exchange, refusal)
    },
    (error) => {
      if (errorCode(error) !== 'ERR_EDGE_BODY_TOO_LARGE') throw error
      return refuse(exchange, tooLong(maxBytes))
    },
  )
}
