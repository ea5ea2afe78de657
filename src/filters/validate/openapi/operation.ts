import { type Exchange, type StateKey, stateKey } from '../../../exchange.js'
import type { Plan } from '../body-guard.js'
import type { JsonBodyOptions } from '../json-text.js'
import { isObject, type PlainObject } from '../plain-object.js'
import type { Compilers } from './compilers.js'
import { type Document, type Located, step } from './document.js'
import { type Parameter, readParameterObject } from './parameter.js'
import { compileParameters, type Places } from './parameters.js'
import { compileReplies, type PlanReply } from './replies.js'
import { compileBody } from './request-body.js'

/** An operation of an OpenAPI document. */
export interface Operation {
  readonly operationId: string | null
  /** As the request's: upper case. */
  readonly method: string
  /** The template, as the document has it. */
  readonly path: string
  readonly tags: readonly string[]
  /** Its security requirements, or those of the document: told, not enforced. */
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  /** The Operation Object, as it is, with what else it says (`x-…`). */
  readonly node: Readonly<Record<string, unknown>>
}

const KEY: StateKey<Operation> = stateKey('operation')

/**
 * The operation that a request asks for: set by `openapi`, `undefined` where it knew none.
 *
 * @example
 * ```ts
 * events.on('exchange', ({ exchange, outcome }) => console.log(operationOf(exchange)?.operationId, outcome.status))
 * ```
 */
export function operationOf(exchange: Exchange | undefined): Operation | undefined {
  return exchange?.get(KEY)
}

export function setOperation(exchange: Exchange, operation: Operation): void {
  exchange.set(KEY, operation)
}

/** An operation with all that judges it. */
export interface CompiledOperation {
  readonly operation: Operation
  plan(places: Places): Plan
  /** Absent where replies are not looked at. */
  readonly planReply: PlanReply | undefined
}

/** How operations are compiled. */
export interface OperationOptions extends JsonBodyOptions {
  readonly closedQuery: boolean
  readonly judgesReplies: boolean
}

/** Compiles one operation of a path item. */
export function compileOperation(
  item: Located,
  method: string,
  path: string,
  compilers: Compilers,
  options: OperationOptions,
): CompiledOperation {
  const { document } = compilers
  const located = document.at(step(item.pointer, method))
  const { node } = located
  const judgeParameters = compileParameters(parametersOf(item, located, document), options.closedQuery, compilers)
  const body = node['requestBody'] === undefined ? null : document.at(step(located.pointer, 'requestBody'))
  const planBody = compileBody(body, compilers)
  return {
    operation: describeOperation(node, method, path, document.root),
    plan: (places) => judgeParameters(places) ?? planBody(places.exchange),
    planReply: options.judgesReplies ? compileReplies(located, compilers, options) : undefined,
  }
}

/** Those of the path, but for the ones that the operation has of its own. */
function parametersOf(item: Located, operation: Located, document: Document): readonly Parameter[] {
  const found = new Map<string, Parameter>()
  for (const { node, pointer } of [item, operation]) {
    const listed = node['parameters']
    for (const index of Array.isArray(listed) ? listed.keys() : []) {
      const parameter = readParameterObject(document.at(step(step(pointer, 'parameters'), String(index))), document)
      if (parameter !== null) found.set(`${parameter.where} ${parameter.name}`, parameter)
    }
  }
  return [...found.values()]
}

function describeOperation(node: PlainObject, method: string, path: string, root: PlainObject): Operation {
  const { operationId, tags, security = root['security'] } = node
  return Object.freeze({
    operationId: typeof operationId === 'string' ? operationId : null,
    method: method.toUpperCase(),
    path,
    tags: Array.isArray(tags) ? (tags as string[]) : [],
    security: Array.isArray(security) ? security.filter(isObject) : [],
    node,
  }) as Operation
}
