import { readDictionary, readItem, readList } from './read-structured.js'
import type { SignedMessage } from './signed-message.js'
import {
  type Item,
  type Parameters,
  type StructuredType,
  writeDictionary,
  writeItem,
  writeList,
  writeMember,
} from './structured-field.js'

/** Which fields are structured, for components with `sf`. */
export type StructuredTypes = ReadonlyMap<string, StructuredType>

/** Types of fields that RFCs define as structured. */
export const REGISTERED: Readonly<Record<string, StructuredType>> = {
  'accept-signature': 'dictionary',
  'cache-status': 'list',
  'client-cert': 'item',
  'client-cert-chain': 'list',
  'content-digest': 'dictionary',
  priority: 'dictionary',
  'proxy-status': 'list',
  'repr-digest': 'dictionary',
  signature: 'dictionary',
  'signature-input': 'dictionary',
  'want-content-digest': 'dictionary',
  'want-repr-digest': 'dictionary',
}

/** The name of a component: `@method`, `content-type`; `null` for an identifier that is none (RFC 9421 §2). */
export function nameOf({ bare }: Item): string | null {
  return bare.type === 'string' && /^(?:@[a-z-]+|[!#$%&'*+.^_`|~0-9a-z-]+)$/.test(bare.value) ? bare.value : null
}

/**
 * The value of a component of a request (RFC 9421 §2.1, §2.2); `null` for one that it does not have, that belongs to responses, or whose
 * parameters are not known: a signature over what cannot be told again is not good.
 */
export function componentValue(
  message: SignedMessage,
  name: string,
  params: Parameters,
  types: StructuredTypes,
): string | null {
  if (!name.startsWith('@')) return fieldComponent(message, name, params, types)
  if (name === '@query-param') return queryParameter(message, params)
  return params.size > 0 ? null : derived(message, name)
}

function derived(message: SignedMessage, name: string): string | null {
  const { method, scheme, authority, target } = message
  switch (name) {
    case '@method':
      return method
    case '@target-uri':
      return authority === null ? null : `${scheme}://${authority}${message.path}${message.query}`
    case '@authority':
      return authority
    case '@scheme':
      return scheme
    case '@request-target':
      return target
    case '@path':
      return message.path
    case '@query':
      return message.query || '?'
    default:
      return null
  }
}

/** One of several of a name could be any of them (§2.2.8): then there is no value. */
function queryParameter(message: SignedMessage, params: Parameters): string | null {
  const name = params.get('name')
  if (params.size !== 1 || name?.type !== 'string') return null
  let value: string | null = null
  for (const [key, each] of new URLSearchParams(message.query)) {
    if (formEncode(key) !== name.value) continue
    if (value !== null) return null
    value = formEncode(each)
  }
  return value
}

/** The percent-encode set of `application/x-www-form-urlencoded`, without its `+` for a blank. */
function formEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

function fieldComponent(
  message: SignedMessage,
  name: string,
  params: Parameters,
  types: StructuredTypes,
): string | null {
  const lines = message.lines(name)
  if (lines === undefined) return null
  if (params.size === 0) return message.value(name)!
  if (params.size > 1) return null
  const [[param, said]] = params as unknown as [[string, unknown]]
  const text = lines.join(', ')
  if (param === 'key') return dictionaryMember(text, params)
  if ((said as { value?: unknown }).value !== true) return null
  if (param === 'bs') return lines.map((line) => `:${Buffer.from(line, 'latin1').toString('base64')}:`).join(', ')
  return param === 'sf' ? rewritten(text, types.get(name)) : null
}

function dictionaryMember(text: string, params: Parameters): string | null {
  const key = params.get('key')
  const member = key?.type === 'string' ? readDictionary(text)?.get(key.value) : undefined
  return member === undefined ? null : writeMember(member)
}

function rewritten(text: string, type: StructuredType | undefined): string | null {
  if (type === 'dictionary') return mapped(readDictionary(text), writeDictionary)
  if (type === 'list') return mapped(readList(text), writeList)
  return type === 'item' ? mapped(readItem(text), writeItem) : null
}

function mapped<T>(value: T | null, write: (value: T) => string): string | null {
  return value === null ? null : write(value)
}
