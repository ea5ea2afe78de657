import type { Exchange } from '../../exchange.js'
import { changeHeaders } from '../../http/header-map.js'
import { type Reply, reply } from '../../reply.js'
import { denier } from '../denial.js'
import { seconds } from './limit-fields.js'
import { stateOf } from './limits-of.js'
import type { RateLimitOptions } from './rate-limit-options.js'
import type { Answered } from './taking.js'

/** Answers an exchange that a limit denied, the last of the answers. */
export type AnswerDenied = (exchange: Exchange, answers: readonly Answered[]) => Promise<Reply>

/** Makes what a filter answers whom it denies, Retry-After included. */
export function denialReply({ statusCode = 429, message, handler, events }: RateLimitOptions): AnswerDenied {
  const deny = denier('rateLimit', statusCode, events)
  const own = message === undefined ? null : messageReply(statusCode, message)
  return async (exchange, answers) => {
    const { name, decision } = answers.at(-1)!
    const plain = deny(exchange, `limit "${name}" was reached`)
    const answer = (await handler?.(exchange, answers.map(stateOf))) ?? own ?? plain
    const wait = decision.retryAfterMs
    // Nobody need come back for what can never be.
    if (!Number.isFinite(wait) || answer.headers['retry-after'] !== undefined) return answer
    return { ...answer, headers: changeHeaders(answer.headers, { 'retry-after': String(seconds(wait)) }) }
  }
}

function messageReply(status: number, message: string | object): Reply {
  const headers = { 'cache-control': 'no-store' }
  if (typeof message === 'string') return reply(status, message, headers)
  return reply(status, JSON.stringify(message), { ...headers, 'content-type': 'application/json' })
}
