import type { EventHub } from '../../events.js'
import type { Exchange } from '../../exchange.js'
import type { JsonLimits } from '../../http/json-limits.js'
import { isJson } from '../../http/media-type.js'
import type { Reply } from '../../reply.js'
import { type ByStatus, compileByStatus, isByStatus } from './by-status.js'
import { hasContent, type ReplyCheckOptions, replyChecker } from './checked-reply.js'
import { isEncoded, typeOf } from './content.js'
import { brokenRule } from './faults.js'
import { type JsonBodyOptions, jsonLimitsOf, readJson } from './json-text.js'
import type { CompileSchema, JsonSchema, Validate } from './schemas.js'

/** Holds JSON replies against a schema, for all 2xx or by status. Those of other statuses pass. */
export function jsonReplies(
  factory: string,
  reply: JsonSchema | ByStatus<JsonSchema>,
  compile: CompileSchema,
  options: ReplyCheckOptions & JsonBodyOptions & { readonly events?: EventHub | undefined },
): (exchange: Exchange, reply: Reply) => Reply | Promise<Reply> {
  const given: ByStatus<JsonSchema> =
    typeof reply === 'object' && isByStatus(reply) ? (reply as ByStatus<JsonSchema>) : { '2XX': reply as JsonSchema }
  const compiled = Object.entries(given).map(
    ([status, schema]) => [status, compile(`reply.${status}`, schema)] as const,
  )
  const judgeFor = compileByStatus(
    Object.fromEntries(compiled.map(([status, validate]) => [status, replyJudge(validate, options)])),
  )
  const checkReply = replyChecker(factory, options)
  return (exchange, answer) => {
    const judge = hasContent(exchange, answer) ? judgeFor(answer.status) : undefined
    return judge === undefined ? answer : checkReply(exchange, answer, unreadableReply(answer) ?? judge)
  }
}

/** Why a reply is not JSON that can be read, by its fields; `null` if it may be. */
export function unreadableReply({ headers }: Reply): string | null {
  if (isEncoded(headers)) return 'in a content coding (put decompress() behind)'
  const type = typeOf(headers)
  return type !== undefined && type !== null && isJson(type) ? null : 'not JSON by its Content-Type'
}

/** What says what is wrong with the bytes of a reply. */
export function replyJudge(validate: Validate, options: JsonBodyOptions): (body: Uint8Array) => string | null {
  // What an upstream of one's own says may be much; but it must not be deeper than schemas can follow.
  const limits: JsonLimits = {
    maxDepth: jsonLimitsOf(options).maxDepth,
    maxMembers: Number.POSITIVE_INFINITY,
    maxItems: Number.POSITIVE_INFINITY,
    maxStringLength: Number.POSITIVE_INFINITY,
    duplicateNames: 'allow',
  }
  return (body) => {
    const read = readJson(body, limits)
    if ('status' in read) return read.detail
    return validate(read.value) ? null : brokenRule(validate, 'reply')
  }
}
