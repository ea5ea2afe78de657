import type { Exchange } from '../../../exchange.js'
import { defineFilter, type Filter } from '../../../filter.js'
import { check, checkOptions, optionError } from '../../../options.js'
import type { DenialOptions } from '../../denial.js'
import { passingOn } from '../../passing-on.js'
import { follow, type Plan, verdictOf } from '../body-guard.js'
import { type ReplyCheckOptions, replyChecker, replyChecks } from '../checked-reply.js'
import type { Telling } from '../faults.js'
import { DEFAULT_MAX_BYTES, type JsonBodyOptions, jsonLimitChecks, jsonLimitsOf } from '../json-text.js'
import { type Refusal, refuser } from '../refusal.js'
import { DEFAULT_MAX_ERRORS, type SchemaOptions, schemaChecks } from '../schemas.js'
import { type Compilers, directionCompiler, readDocument } from './compilers.js'
import { FACTORY } from './document.js'
import { setOperation } from './operation.js'
import { compileOperations, type Sought } from './operations.js'

export interface OpenapiOptions
  extends JsonBodyOptions,
    Omit<SchemaOptions, 'draft' | 'schemas'>,
    ReplyCheckOptions,
    DenialOptions {
  /** An OpenAPI 3.0 or 3.1 document, parsed. References within it are followed; others are refused, and none is ever fetched. */
  readonly document: Readonly<Record<string, unknown>>
  /** Path in front of the document's, below the adapter's base. @default the path of each server's URL */
  readonly basePath?: string | undefined
  /** What becomes of paths that the document does not have: 404, or they pass. @default 'deny' */
  readonly unknownPaths?: 'deny' | 'pass' | undefined
  /** What becomes of methods that a path does not have: 405 with Allow, or they pass. @default 'deny' */
  readonly unknownMethods?: 'deny' | 'pass' | undefined
  /** What becomes of query parameters that an operation does not have. @default 'pass' */
  readonly unknownQuery?: 'deny' | 'pass' | undefined
  /** Whether replies are held against the document, too. @default false */
  readonly replies?: boolean | undefined
  /** Most parameters of a query, a form or a Cookie field that is looked at. @default 256 */
  readonly maxParameters?: number | undefined
  /** What a request gets that does not match. @default 400 */
  readonly status?: 400 | 422 | undefined
}

/**
 * Holds requests, and replies where asked to, against an OpenAPI document: path and method, parameters, media types, and bodies that are
 * JSON or forms. All operations are compiled at construction. `operationOf` tells filters further in, and the application, which one it is.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`, also for a document or a schema that can't be used; `ERR_EDGE_INVALID_REPLY` at run time.
 * @example
 * ```ts
 * const api = { path: '/**', filters: [openapi({ document, onInvalidReply: 'report', replies: true })], handler: forward({ pool }) }
 * ```
 */
export function openapi(options: OpenapiOptions): Filter {
  const passOrDeny = check.oneOf('deny', 'pass')
  const { draft: _draft, schemas: _schemas, ...schemaOptionChecks } = schemaChecks
  checkOptions(FACTORY, options, {
    ...jsonLimitChecks,
    ...schemaOptionChecks,
    ...replyChecks,
    document: check.object,
    basePath: (value) => (typeof value === 'string' && value.startsWith('/') ? undefined : 'a path'),
    unknownPaths: passOrDeny,
    unknownMethods: passOrDeny,
    unknownQuery: passOrDeny,
    replies: check.boolean,
    maxParameters: check.whole(1, 10_000),
    status: (value) => (value === 400 || value === 422 ? undefined : '400 or 422'),
    events: check.object,
  })
  if (options.document === undefined) throw optionError(FACTORY, 'document', undefined, 'an object')
  const { maxBytes = DEFAULT_MAX_BYTES, replies = false, events } = options
  const find = compileOperations(compilersOf(options), options.basePath, {
    ...options,
    closedQuery: options.unknownQuery === 'deny',
    judgesReplies: replies,
  })
  const planOf = planner(options)
  const refuse = refuser(FACTORY, events)
  const checkReply = replyChecker(FACTORY, options)
  return defineFilter(
    {
      filterName: FACTORY,
      stage: 'guard',
      needsReplyBody: replies,
      explain: (exchange) => {
        const sought = find(exchange)
        const verdict = verdictOf(planOf(exchange, sought), exchange, maxBytes)
        if (sought === null || !('operation' in sought)) return verdict
        const onward = (copy: Exchange): Exchange => {
          setOperation(copy, sought.operation.operation)
          return copy
        }
        return passingOn(verdict, onward)
      },
    },
    (exchange, next) => {
      const sought = find(exchange)
      const found = sought !== null && 'operation' in sought ? sought.operation : null
      if (found !== null) setOperation(exchange, found.operation)
      const planReply = found?.planReply
      return follow(planOf(exchange, sought), exchange, next, {
        maxBytes,
        refuse,
        answered: planReply && ((asked, reply) => checkReply(asked, reply, planReply(asked, reply))),
      })
    },
  )
}

function compilersOf(options: OpenapiOptions): Compilers {
  const { status = 400, maxErrors = DEFAULT_MAX_ERRORS, maxParameters = 256 } = options
  const { document, old } = readDocument(options.document)
  const telling: Telling = { status, maxErrors }
  const { formats, strict, allErrors, regExp } = options
  const schemas: SchemaOptions = { formats, strict: strict ?? false, allErrors, regExp }
  return {
    document,
    telling,
    maxParameters,
    limits: jsonLimitsOf(options),
    request: directionCompiler(document, { old, direction: 'request' }, schemas),
    reply: directionCompiler(document, { old, direction: 'reply' }, schemas),
  }
}

const UNKNOWN_PATH: Refusal = { status: 404, detail: 'There is no such path.' }

/** What to do with a request, by what was found for it. */
function planner({ unknownPaths, unknownMethods }: OpenapiOptions): (exchange: Exchange, sought: Sought) => Plan {
  return (exchange, sought) => {
    if (sought === null) return unknownPaths === 'pass' ? null : UNKNOWN_PATH
    if ('operation' in sought) return sought.operation.plan({ exchange, captures: sought.captures })
    if (unknownMethods === 'pass') return null
    return { status: 405, detail: 'The path does not have this method.', headers: { allow: sought.allow } }
  }
}
