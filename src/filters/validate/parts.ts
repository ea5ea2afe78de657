import type { Exchange } from '../../exchange.js'
import { fieldValue } from '../../http/header-map.js'
import { nullObject } from '../../null-object.js'
import { type Telling, wrongValue } from './faults.js'
import { decodePart, decodePercent, readPairs } from './pairs.js'
import { isRefusal, type Refusal } from './refusal.js'
import { type JsonSchema, type SchemaOptions, schemaCompiler } from './schemas.js'
import { judgeTexts, type Texts } from './texts.js'

/** Schemas of what of a request is text. */
export interface PartSchemas {
  readonly query?: JsonSchema | undefined
  readonly headers?: JsonSchema | undefined
  readonly params?: JsonSchema | undefined
  readonly maxParameters?: number | undefined
}

type Part = 'query' | 'headers' | 'params'

/** Compiles what judges a request by its query, fields and captures. */
export function compileParts(
  factory: string,
  options: PartSchemas & SchemaOptions,
  telling: Telling,
): (exchange: Exchange) => Refusal | null {
  const readers: readonly (readonly [Part, (exchange: Exchange) => Texts | Refusal])[] = [
    ['params', ({ params }) => readParams(params, telling.status)],
    ['query', ({ target }) => readQuery(target.query, options.maxParameters ?? 256, telling.status)],
    ['headers', readHeaders],
  ]
  const wanted = readers.filter(([part]) => options[part] !== undefined)
  if (wanted.length === 0) return () => null
  const compile = schemaCompiler(options, { factory, coerces: true })
  const judges = wanted.map(([part, read]) => {
    const validate = compile(part, options[part]!)
    return (exchange: Exchange): Refusal | null => {
      const texts = read(exchange)
      return isRefusal(texts) ? texts : judgeTexts(validate, texts, part, telling)
    }
  })
  return (exchange) => {
    for (const judge of judges) {
      const refusal = judge(exchange)
      if (refusal !== null) return refusal
    }
    return null
  }
}

function readQuery(query: string, most: number, status: number): Texts | Refusal {
  const raw = readPairs(query.slice(1), '&', most)
  if (typeof raw === 'string') return wrongValue('query', '', raw, status)
  const texts: Texts = nullObject()
  for (const name in raw) {
    const values = raw[name]!.map(decodePart)
    if (values.includes(null)) return wrongValue('query', name, 'must be percent-encoded UTF-8', status)
    texts[name] = values.length === 1 ? values[0] : values
  }
  return texts
}

function readHeaders({ headers }: Exchange): Texts {
  const texts: Texts = nullObject()
  for (const name in headers) texts[name] = fieldValue(headers, name)
  return texts
}

function readParams(params: Exchange['params'], status: number): Texts | Refusal {
  const texts: Texts = nullObject()
  for (const name in params) {
    const value = decodePercent(params[name]!)
    if (value === null) return wrongValue('params', name, 'must be percent-encoded UTF-8', status)
    texts[name] = value
  }
  return texts
}
