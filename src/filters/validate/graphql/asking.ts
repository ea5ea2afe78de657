import type { JsonLimits } from '../../../http/json-limits.js'
import { readJson, textOf } from '../json-text.js'
import { decodePart, readPairs } from '../pairs.js'
import { isObject } from '../plain-object.js'
import type { Refusal } from '../refusal.js'

/** One thing that a client asks a GraphQL server. */
export interface Asking {
  /** `null` where it is known to the server by some name only. */
  readonly query: string | null
  readonly operationName: string | null
  readonly variables: Readonly<Record<string, unknown>>
}

/** Parameters of a GraphQL request (GraphQL over HTTP §5). */
const PARAMETERS = ['query', 'operationName', 'variables', 'extensions', 'documentId'] as const
const SHAPE = 'The request is not one of GraphQL.'

/** What the query of a URL asks; `null` if it has none of the parameters. */
export function askedByUrl(query: string, limits: JsonLimits): Asking | Refusal | null {
  const raw = readPairs(query.slice(1), '&', 256)
  if (typeof raw === 'string') return bad(`The query of the URL ${raw}.`)
  const given: Record<string, unknown> = {}
  for (const name of PARAMETERS) {
    const values = raw[name]
    if (values === undefined) continue
    // Servers differ in which of two they take.
    if (values.length > 1) return bad(`The parameter ${name} must stand once.`)
    const text = decodePart(values[0]!)
    if (text === null) return bad(`The parameter ${name} must be percent-encoded UTF-8.`)
    if (name !== 'variables' && name !== 'extensions') {
      given[name] = text
      continue
    }
    const read = readJson(Buffer.from(text), limits)
    if ('status' in read) return bad(`The parameter ${name} must be JSON within limits.`)
    given[name] = read.value
  }
  return Object.keys(given).length === 0 ? null : askingOf(given)
}

/** What a body of JSON asks: one thing, or a batch. */
export function askedByJson(body: Uint8Array, limits: JsonLimits, maxBatch: number): readonly Asking[] | Refusal {
  const read = readJson(body, limits)
  if ('status' in read) return read
  const items: unknown[] = Array.isArray(read.value) ? read.value : [read.value]
  if (items.length > maxBatch) return bad(`No more than ${maxBatch} operations may be asked for at once.`)
  const askings: Asking[] = []
  for (const item of items) {
    const asking = isObject(item) ? askingOf(item) : bad(SHAPE)
    if ('status' in asking) return asking
    askings.push(asking)
  }
  return askings.length === 0 ? bad(SHAPE) : askings
}

/** What a body of `application/graphql` asks: it is the query. */
export function askedByText(body: Uint8Array): Asking | Refusal {
  const query = textOf(body)
  return query === null ? bad('The body is not in UTF-8.') : { query, operationName: null, variables: {} }
}

function askingOf(given: Readonly<Record<string, unknown>>): Asking | Refusal {
  const { query = null, operationName = null, variables = null } = given
  if (query !== null && typeof query !== 'string') return bad(SHAPE)
  if (operationName !== null && typeof operationName !== 'string') return bad(SHAPE)
  if (variables !== null && !isObject(variables)) return bad(SHAPE)
  // An empty name is none to most servers.
  return { query, operationName: operationName === '' ? null : operationName, variables: variables ?? {} }
}

/** What a client must be told in GraphQL's own words. */
export function bad(detail: string): Refusal {
  return { status: 400, detail }
}
