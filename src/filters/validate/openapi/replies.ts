import type { Exchange } from '../../../exchange.js'
import { isJson } from '../../../http/media-type.js'
import type { Reply } from '../../../reply.js'
import { compileByStatus } from '../by-status.js'
import { hasContent, type ReplyPlan } from '../checked-reply.js'
import { typeOf } from '../content.js'
import { replyJudge, unreadableReply } from '../json-replies.js'
import type { JsonBodyOptions } from '../json-text.js'
import { type Compilers, refTo } from './compilers.js'
import { compileContent } from './content-map.js'
import { type Located, membersOf, step } from './document.js'
import { describe } from './parameter.js'
import { compileValues, fieldsOf } from './parameters.js'

/** What to do with a reply of an operation. */
export type PlanReply = (exchange: Exchange, reply: Reply) => ReplyPlan

/** Compiles an operation's Responses Object. Of replies that are not JSON, status, fields and media type count. */
export function compileReplies(operation: Located, compilers: Compilers, options: JsonBodyOptions): PlanReply {
  const responses = step(operation.pointer, 'responses')
  const compiled = membersOf(operation.node, 'responses')
    .filter(([status]) => !status.startsWith('x-'))
    .map(
      ([status]) =>
        [status, compileResponse(compilers.document.at(step(responses, status)), compilers, options)] as const,
    )
  const planFor = compileByStatus(Object.fromEntries(compiled))
  return (exchange, reply) => {
    // The upgrade has been agreed upon: what follows is no reply of the document's.
    if (reply.tunnel !== undefined || reply.status === 304) return null
    const plan = planFor(reply.status)
    return plan === undefined ? 'a status that the operation does not have' : plan(exchange, reply)
  }
}

function compileResponse(response: Located, compilers: Compilers, options: JsonBodyOptions): PlanReply {
  const { document, reply: compiler } = compilers
  const fields = membersOf(response.node, 'headers')
    .filter(([name]) => name.toLowerCase() !== 'content-type')
    .map(([name]) =>
      describe('headers', name.toLowerCase(), document.at(step(step(response.pointer, 'headers'), name)), document),
    )
  const judgeFields = fields.length === 0 ? null : compileValues('headers', fields, compilers, compiler)
  const content = compileContent(response, document, (media) => {
    const pointer = step(media.pointer, 'schema')
    return media.node['schema'] === undefined ? null : replyJudge(compiler.value(pointer, refTo(pointer)), options)
  })
  return (exchange, answer) => {
    const refusal = judgeFields?.(fieldsOf(answer.headers, fields)) ?? null
    if (refusal !== null) return refusal.rule ?? refusal.detail
    if (content === null || !hasContent(exchange, answer)) return null
    const type = typeOf(answer.headers)
    const judge = type === undefined || type === null ? undefined : content.for(type)
    if (judge === undefined) return 'a media type that the operation does not have'
    return judge === null || !isJson(type!) ? null : (unreadableReply(answer) ?? judge)
  }
}
