import type { Refusal } from '../refusal.js'
import { type Asking, bad } from './asking.js'
import type { CostOf } from './cost.js'
import { type Documents, operationIn } from './documents.js'
import { type Measures, measure, together } from './measure.js'

/** How much may be asked for. */
export interface GraphqlRules {
  readonly maxDepth: number
  readonly maxFields: number
  readonly maxAliases: number
  readonly maxDirectives: number
  readonly maxCost: number
  readonly introspection: 'allow' | 'deny'
  readonly persisted: 'pass' | 'refuse'
}

/** Makes what judges the operations of a request, all of a batch together. `safe`: what is asked for must change nothing. */
export function askingJudge(
  documents: Documents,
  costOf: CostOf,
  rules: GraphqlRules,
): (askings: readonly Asking[], safe: boolean) => Refusal | null {
  const measured = (asking: Asking, query: string, safe: boolean): Measures | Refusal => {
    const document = documents.parse(query)
    if ('status' in document) return document
    const operation = operationIn(document, asking.operationName)
    if ('status' in operation) return operation
    if (safe && operation.operation === 'mutation')
      return { status: 405, detail: 'A mutation must be sent by POST.', headers: { allow: 'POST' } }
    const found = measure(document, operation, { costOf, variables: asking.variables, valueOf: documents.valueOf })
    return typeof found === 'string' ? bad(`The document has ${found}.`) : found
  }
  return (askings, safe) => {
    let sum: Measures | null = null
    for (const asking of askings) {
      if (asking.query === null) {
        if (rules.persisted === 'pass') continue
        return bad('A query is required.')
      }
      const found = measured(asking, asking.query, safe)
      if ('status' in found) return found
      sum = sum === null ? found : together(sum, found)
      const refusal = tooMuch(sum, rules)
      if (refusal !== null) return refusal
    }
    return null
  }
}

function tooMuch(found: Measures, rules: GraphqlRules): Refusal | null {
  const { maxDepth, maxFields, maxAliases, maxDirectives, maxCost } = rules
  if (found.introspects && rules.introspection === 'deny') return bad('Introspection is not allowed.')
  if (found.depth > maxDepth) return bad(`More than ${maxDepth} levels are asked for.`)
  if (found.fields > maxFields) return bad(`More than ${maxFields} fields are asked for.`)
  if (found.aliases > maxAliases) return bad(`More than ${maxAliases} aliases are used.`)
  if (found.directives > maxDirectives) return bad(`More than ${maxDirectives} directives are used.`)
  // Infinity times zero is no number.
  return found.cost <= maxCost ? null : bad(`What is asked for costs more than ${maxCost}.`)
}
