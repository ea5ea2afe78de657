import { bytesBody } from '../../../body.js'
import type { Exchange } from '../../../exchange.js'
import type { Filter } from '../../../filter.js'
import { fieldValue, toHeaders } from '../../../http/header-map.js'
import { isJson } from '../../../http/media-type.js'
import { type Bytes, check, checkOptions } from '../../../options.js'
import type { Reply } from '../../../reply.js'
import type { DenialOptions } from '../../denial.js'
import { bodyGuard, type Plan } from '../body-guard.js'
import { typeOf, unreadable, unsupported } from '../content.js'
import { DEFAULT_MAX_BYTES, jsonLimitsOf } from '../json-text.js'
import { type Refusal, refuser } from '../refusal.js'
import { type Asking, askedByJson, askedByText, askedByUrl, bad } from './asking.js'
import { type CostFunction, type CostTable, compileCost } from './cost.js'
import { Documents } from './documents.js'
import { askingJudge } from './judge.js'

export interface GraphqlLimitsOptions extends DenialOptions {
  /** Fields within each other. Tools' introspection query has 15. @default 16 */
  readonly maxDepth?: number | undefined
  /** Fields in all, those of a fragment as often as it is spread. @default 1_000 */
  readonly maxFields?: number | undefined
  /** Fields by another name, by which one field can be asked for many times. @default 30 */
  readonly maxAliases?: number | undefined
  /** Directives in all, those of a fragment as often as it is spread. @default 50 */
  readonly maxDirectives?: number | undefined
  /** Words and marks of a document, which bound what parsing it costs. @default 2_000 */
  readonly maxTokens?: number | undefined
  /** What an operation may cost, by `cost`. @default no limit */
  readonly maxCost?: number | undefined
  /** What fields cost: a table, or a function of a field. @default 1 each */
  readonly cost?: CostTable | CostFunction | undefined
  /** Operations in one request, whose measures are added up. @default 1 */
  readonly maxBatch?: number | undefined
  /** Whether `__schema` and `__type` may be asked for. @default 'allow' */
  readonly introspection?: 'allow' | 'deny' | undefined
  /** GET admits HEAD; a mutation must be a POST. @default ['GET', 'POST'] */
  readonly methods?: readonly ('GET' | 'POST')[] | undefined
  /** What becomes of requests that name a query which the server has, rather than send it: nothing of it can be measured. @default 'refuse' */
  readonly persisted?: 'pass' | 'refuse' | undefined
  /** What becomes of `multipart/form-data` (uploads), which is not read. @default 'refuse' */
  readonly multipart?: 'pass' | 'refuse' | undefined
  /** Longest body; a longer one is a 413. @default 1_048_576 (1 MiB) */
  readonly maxBytes?: Bytes | undefined
}

const FACTORY = 'graphqlLimits'
const NOTHING: Asking = { query: null, operationName: null, variables: {} }
const many = check.whole(1, 1_000_000_000)

/**
 * Refuses GraphQL that asks for too much: too deep, too many fields, aliases, directives or operations at once, or above a cost of your own.
 * Needs no schema. Understands GET, POST with JSON and `application/graphql`, batches and `operationName`, and answers in GraphQL's own
 * words: 400 with `{ errors: [{ message }] }`. WebSockets pass: what is sent through them is not looked at.
 *
 * Needs the package `graphql`.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const api = {
 *   path: '/graphql',
 *   filters: [graphqlLimits({ maxDepth: 8, maxCost: 500, cost: { fields: { users: { times: ['first'], assumed: 100 } } } })],
 *   handler: forward({ pool }),
 * }
 * ```
 */
export function graphqlLimits(options: GraphqlLimitsOptions = {}): Filter {
  checkOptions(FACTORY, options, {
    maxDepth: many,
    maxFields: many,
    maxAliases: check.whole(0, 1_000_000_000),
    maxDirectives: check.whole(0, 1_000_000_000),
    maxTokens: check.whole(1, 100_000),
    maxCost: check.whole(0, Number.MAX_SAFE_INTEGER),
    cost: check.either(check.object, check.function),
    maxBatch: check.whole(1, 1_000),
    introspection: check.oneOf('allow', 'deny'),
    methods: isMethods,
    persisted: check.oneOf('pass', 'refuse'),
    multipart: check.oneOf('pass', 'refuse'),
    maxBytes: check.whole(1, 2 ** 30),
    events: check.object,
  })
  return bodyGuard({
    filterName: FACTORY,
    maxBytes: options.maxBytes ?? DEFAULT_MAX_BYTES,
    refuse: refuser(FACTORY, options.events, writeErrors),
    plan: planner(options),
  })
}

function planner(options: GraphqlLimitsOptions): (exchange: Exchange) => Plan {
  const { methods = ['GET', 'POST'], maxBatch = 1, cost = {}, multipart = 'refuse' } = options
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].sort()
  const otherMethod: Refusal = {
    status: 405,
    detail: 'The method is not allowed.',
    headers: { allow: allow.join(', ') },
  }
  const otherType = unsupported('application/json')
  const limits = jsonLimitsOf({})
  const judge = askingJudge(new Documents(FACTORY, options.maxTokens ?? 2_000), compileCost(FACTORY, cost), {
    maxDepth: options.maxDepth ?? 16,
    maxFields: options.maxFields ?? 1_000,
    maxAliases: options.maxAliases ?? 30,
    maxDirectives: options.maxDirectives ?? 50,
    maxCost: options.maxCost ?? Number.POSITIVE_INFINITY,
    introspection: options.introspection ?? 'allow',
    persisted: options.persisted ?? 'refuse',
  })
  const judgeJson = (body: Uint8Array): Refusal | null => {
    const askings = askedByJson(body, limits, maxBatch)
    return 'status' in askings ? askings : judge(askings, false)
  }
  const judgeText = (body: Uint8Array): Refusal | null => {
    const asking = askedByText(body)
    return 'status' in asking ? asking : judge([asking], false)
  }
  const planPost = (exchange: Exchange): Plan => {
    const { target, body, headers } = exchange
    // Some servers take the URL's query rather than the body's.
    if (askedByUrl(target.query, limits) !== null) return bad('A POST must not have a query of GraphQL in its URL.')
    if (body.kind === 'empty') return bad('A query is required.')
    const type = typeOf(headers)
    if (type === undefined || type === null) return otherType
    if (isJson(type)) return unreadable(exchange, type) ?? judgeJson
    if (type.essence === 'application/graphql') return unreadable(exchange, type) ?? judgeText
    return type.essence === 'multipart/form-data' && multipart === 'pass' ? null : otherType
  }
  return (exchange) => {
    const { upgrade, method, target, body } = exchange
    if (upgrade !== null) return null
    if (!allow.includes(method)) return otherMethod
    if (method === 'POST') return planPost(exchange)
    if (body.kind !== 'empty') return bad('A GET must have no body.')
    const asking = askedByUrl(target.query, limits) ?? NOTHING
    return 'status' in asking ? asking : judge([asking], true)
  }
}

function isMethods(value: unknown): string | undefined {
  const known = (method: unknown): boolean => method === 'GET' || method === 'POST'
  return Array.isArray(value) && value.length > 0 && value.every(known) ? undefined : "an array of 'GET' and 'POST'"
}

/** A refusal in the response format of GraphQL (GraphQL over HTTP §6). */
function writeErrors({ status, detail, headers }: Refusal, exchange: Exchange): Reply {
  const modern = fieldValue(exchange.headers, 'accept')?.includes('application/graphql-response+json') === true
  const type = modern ? 'application/graphql-response+json' : 'application/json'
  return {
    status,
    headers: toHeaders({ 'cache-control': 'no-store', ...headers, 'content-type': `${type}; charset=utf-8` }),
    body: bytesBody(JSON.stringify({ errors: [{ message: detail }] })),
  }
}
