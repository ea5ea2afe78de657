import type { Exchange } from '../../exchange.js'
import type { Filter } from '../../filter.js'
import { isJson } from '../../http/media-type.js'
import { check, checkOptions, optionError } from '../../options.js'
import type { DenialOptions } from '../denial.js'
import { bodyGuard, type Plan } from './body-guard.js'
import type { ByStatus } from './by-status.js'
import { type ReplyCheckOptions, replyChecks } from './checked-reply.js'
import { typeOf, unreadable, unsupported } from './content.js'
import { invalid, type Telling } from './faults.js'
import { jsonReplies } from './json-replies.js'
import { DEFAULT_MAX_BYTES, type JsonBodyOptions, jsonLimitChecks, jsonLimitsOf, readJson } from './json-text.js'
import { compileParts } from './parts.js'
import { type Refusal, refuser } from './refusal.js'
import {
  DEFAULT_MAX_ERRORS,
  isSchema,
  type JsonSchema,
  type SchemaOptions,
  schemaChecks,
  schemaCompiler,
  type Validate,
} from './schemas.js'

export interface ValidateJsonOptions extends JsonBodyOptions, SchemaOptions, ReplyCheckOptions, DenialOptions {
  /** Of the request's body. @default none: not looked at */
  readonly body?: JsonSchema | undefined
  /** Whether a POST, PUT or PATCH must have a body, where `body` is given. @default true */
  readonly bodyRequired?: boolean | undefined
  /** Of the query, as an object: numbers, booleans and lists may be wanted; a name that stands twice is a list. @default none: not looked at */
  readonly query?: JsonSchema | undefined
  /** Of the header fields, as an object of lower-case names. @default none: not looked at */
  readonly headers?: JsonSchema | undefined
  /** Of what the route's pattern captures, decoded. @default none: not looked at */
  readonly params?: JsonSchema | undefined
  /** Of the reply's body, for all 2xx, or by status: `{ 200: …, '4XX': …, default: … }`. @default none: not looked at */
  readonly reply?: JsonSchema | ByStatus<JsonSchema> | undefined
  /** Most parameters of a query that is looked at. @default 256 */
  readonly maxParameters?: number | undefined
  /** What a request gets that does not match. @default 400 */
  readonly status?: 400 | 422 | undefined
}

const BODIED: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

/**
 * Holds requests, and replies where asked to, against JSON Schemas (2020-12, by ajv). A request that does not match is answered with a
 * problem (RFC 9457) whose `errors` tell where and what is wanted, and never what was sent; a body that does goes on as the bytes that came.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`, also for a schema that can't be compiled; `ERR_EDGE_INVALID_REPLY` at run time.
 * @example
 * ```ts
 * const orders = {
 *   path: '/orders',
 *   filters: [validateJson({ body: { type: 'object', required: ['sku'], properties: { sku: { type: 'string', maxLength: 32 } } } })],
 *   handler: forward({ pool }),
 * }
 * ```
 */
export function validateJson(options: ValidateJsonOptions): Filter {
  const factory = 'validateJson'
  checkOptions(factory, options, {
    ...jsonLimitChecks,
    ...schemaChecks,
    ...replyChecks,
    body: isSchema,
    bodyRequired: check.boolean,
    query: isSchema,
    headers: isSchema,
    params: isSchema,
    reply: isSchema,
    maxParameters: check.whole(1, 10_000),
    status: (value) => (value === 400 || value === 422 ? undefined : '400 or 422'),
    events: check.object,
  })
  const { body, reply, maxBytes = DEFAULT_MAX_BYTES, events, status = 400, maxErrors = DEFAULT_MAX_ERRORS } = options
  if ([body, options.query, options.headers, options.params, reply].every((schema) => schema === undefined))
    throw optionError(factory, 'body', undefined, 'a schema for one of body, query, headers, params, reply')
  const telling: Telling = { status, maxErrors }
  const compile = schemaCompiler(options, { factory, coerces: false })
  const judgeParts = compileParts(factory, options, telling)
  const planBody = body === undefined ? () => null : bodyPlan(options, compile('body', body), telling)
  return bodyGuard({
    filterName: factory,
    maxBytes,
    refuse: refuser(factory, events),
    plan: (exchange) => judgeParts(exchange) ?? planBody(exchange),
    answered: reply === undefined ? undefined : jsonReplies(factory, reply, compile, options),
  })
}

function bodyPlan(options: ValidateJsonOptions, validate: Validate, telling: Telling): (exchange: Exchange) => Plan {
  const limits = jsonLimitsOf(options)
  const { bodyRequired = true } = options
  const none: Refusal = { status: 400, detail: 'A body is required.' }
  const noJson = unsupported('application/json')
  const judge = (bytes: Uint8Array): Refusal | null => {
    const read = readJson(bytes, limits)
    if ('status' in read) return read
    return validate(read.value) ? null : invalid(validate, 'body', telling)
  }
  return (exchange) => {
    const { body, method, headers } = exchange
    if (body.kind === 'empty') return bodyRequired && BODIED.has(method) ? none : null
    const type = typeOf(headers)
    if (type === undefined || type === null || !isJson(type)) return noJson
    return unreadable(exchange, type) ?? judge
  }
}
