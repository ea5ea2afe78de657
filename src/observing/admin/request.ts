import { bytes } from '../../body-tools.js'
import { errorCode } from '../../errors.js'
import type { Exchange } from '../../exchange.js'
import { isEncoded } from '../../filters/validate/content.js'
import { readJson } from '../../filters/validate/json-text.js'
import type { Refusal } from '../../filters/validate/refusal.js'
import { fieldValue } from '../../http/header-map.js'
import type { JsonLimits } from '../../http/json-limits.js'
import { readMediaType } from '../../http/media-type.js'
import { NOT_JSON } from './authorizing.js'
import { type Fields, readFields } from './fields.js'
import type { Operation } from './operation.js'

type Members = Readonly<Record<string, unknown>>
type Read = { readonly members: Members } | Refusal

const MAX_BYTES = 64 * 1024
/** What the API takes is one flat object of few members. */
const LIMITS: JsonLimits = {
  maxDepth: 8,
  maxMembers: 64,
  maxItems: 1_000,
  maxStringLength: MAX_BYTES,
  duplicateNames: 'refuse',
}

/** Reads a request's query, and its body if the operation changes anything, and holds both against what the operation takes. */
export async function readRequest(
  exchange: Exchange,
  { name, method, query = {}, body = {} }: Operation,
): Promise<{ readonly query: Members; readonly body: Members } | Refusal> {
  const asked = readQuery(exchange.target.query, query)
  if ('status' in asked) return asked
  if (method === 'GET') return { query: asked.members, body: {} }
  const given = await readBody(exchange)
  if ('status' in given) return given
  const sent = readFields(name, body, given.value)
  return 'status' in sent ? sent : { query: asked.members, body: sent.members }
}

function readQuery(text: string, fields: Fields): Read {
  const given: Record<string, unknown> = {}
  for (const [name, value] of new URLSearchParams(text)) {
    if (Object.hasOwn(given, name))
      return { status: 400, detail: `the query: ${JSON.stringify(name)} stands there more than once` }
    Object.defineProperty(given, name, {
      value: meant(value, Object.hasOwn(fields, name) ? fields[name]!.schema['type'] : null),
      enumerable: true,
    })
  }
  return readFields('the query', fields, given)
}

/** What a parameter's text stands for. */
function meant(text: string, type: unknown): unknown {
  if (type === 'integer' && /^\d{1,16}$/.test(text)) return Number(text)
  if (type === 'boolean' && /^(?:true|false)$/.test(text)) return text === 'true'
  return text
}

async function readBody(exchange: Exchange): Promise<{ readonly value: unknown } | Refusal> {
  const { headers, body } = exchange
  if (body.kind === 'empty') return { value: {} }
  if (readMediaType(fieldValue(headers, 'content-type'))?.essence !== 'application/json' || isEncoded(headers))
    return NOT_JSON
  try {
    const whole = await bytes(body, MAX_BYTES)
    return whole.byteLength === 0 ? { value: {} } : readJson(whole, LIMITS)
  } catch (error) {
    if (errorCode(error) !== 'ERR_EDGE_BODY_TOO_LARGE') throw error
    return { status: 413, detail: `The body must be no longer than ${MAX_BYTES} bytes.` }
  }
}
