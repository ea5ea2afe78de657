import type { Exchange } from '../exchange.js'
import { optionError } from '../options.js'
import { fieldValue } from './header-map.js'
import { pairEnd, pairStart } from './pairs.js'
import { decodeQueryText, decodeText, encodePathText, encodeText } from './percent.js'
import { templateParts } from './template-parts.js'

/** Captures that `{params.…}` reads. */
export type Params = Readonly<Record<string, string>>

/** Makes a text of an exchange. */
export type Template = (exchange: Exchange, params: Params) => string

/**
 * Where the text goes: into a field as it is, into a path, into a query that is written as such, into one value of a query, or into
 * the name of a host.
 */
export type TemplateContext = 'field' | 'path' | 'query' | 'value' | 'authority'

/** How a value is written already: as plain text, as part of a path, or as a value of a query. */
type Form = 'text' | 'path' | 'capture' | 'query'

interface Placeholder {
  readonly form: Form
  readonly read: Template
}

const AMPERSAND = 38
const SEMICOLON = 59

const SIMPLE: ReadonlyMap<string, Placeholder> = new Map<string, Placeholder>([
  ['method', { form: 'text', read: ({ method }) => method }],
  ['path', { form: 'path', read: ({ target }) => target.path }],
  ['query', { form: 'text', read: ({ target }) => target.query.slice(1) }],
  ['protocol', { form: 'text', read: ({ client }) => client.protocol }],
  ['host', { form: 'text', read: ({ client }) => client.host ?? '' }],
  ['port', { form: 'text', read: ({ client }) => String(client.port) }],
  ['authority', { form: 'text', read: ({ client }) => client.authority ?? '' }],
  ['address', { form: 'text', read: ({ client }) => client.address }],
  ['base', { form: 'path', read: ({ base }) => (base === '/' ? '' : base) }],
  ['route', { form: 'text', read: ({ route }) => route ?? '' }],
])

const KEYED: ReadonlyMap<string, (name: string) => Placeholder> = new Map([
  ['params', (name: string): Placeholder => ({ form: 'capture', read: paramReader(name) })],
  ['headers', (name: string): Placeholder => ({ form: 'text', read: headerReader(name.toLowerCase()) })],
  ['query', (name: string): Placeholder => ({ form: 'query', read: queryReader(`${name}=`) })],
  ['cookies', (name: string): Placeholder => ({ form: 'text', read: cookieReader(`${name}=`) })],
])

const KNOWN = `${[...SIMPLE.keys()].map((name) => `{${name}}`).join(', ')}, {params.NAME}, {headers.NAME}, {query.NAME}, {cookies.NAME}; {{ and }} for braces`
/** What can't be made to lead to somebody else's host. */
const HOSTS: ReadonlySet<string> = new Set(['host', 'port', 'authority', 'protocol'])

/**
 * Compiles a text with placeholders, as `/users/{params.id}`; one without any comes back as a string.
 *
 * A value never breaks out of its place: in a path or a query it is percent-encoded unless it is so already.
 *
 * @param captures Names that `params` has, where they are known.
 * @throws {@link EdgeError} `ERR_EDGE_OPTION` naming a placeholder that is not known, or may not stand there.
 */
export function compileTemplate(
  factory: string,
  option: string,
  text: string,
  context: TemplateContext,
  captures?: ReadonlySet<string>,
): Template | string {
  const literal = (part: string): string => (context === 'value' ? encodeText(part) : part)
  const parts = templateParts(text)
  if (parts === null) throw optionError(factory, option, text, `${KNOWN}, braces in pairs`)
  const made = parts.map((part) =>
    typeof part === 'string' ? literal(part) : placeholder(factory, option, part.name, context, captures),
  )
  if (made.every((part) => typeof part === 'string')) return made.join('')
  const [only] = made
  if (made.length === 1) return only as Template
  return (exchange, params) => {
    let value = ''
    for (const part of made) value += typeof part === 'string' ? part : part(exchange, params)
    return value
  }
}

function placeholder(
  factory: string,
  option: string,
  name: string,
  context: TemplateContext,
  captures: ReadonlySet<string> | undefined,
): Template {
  const dot = name.indexOf('.')
  const key = name.slice(dot + 1)
  const found = dot === -1 ? SIMPLE.get(name) : key === '' ? undefined : KEYED.get(name.slice(0, dot))?.(key)
  if (found === undefined) throw optionError(factory, option, `{${name}}`, KNOWN)
  if (context === 'authority' && !HOSTS.has(name))
    throw optionError(factory, option, `{${name}}`, 'no value in the name of a host but {host}, {port} and {authority}')
  if (captures !== undefined && name.startsWith('params.') && !captures.has(key))
    throw optionError(factory, option, `{${name}}`, `captures of the pattern: ${[...captures].join(', ') || 'none'}`)
  const { form, read } = found
  const write = writer(form, context)
  return write === null ? read : (exchange, params) => write(read(exchange, params))
}

/** What makes a value of one form fit for its place; `null` for one that fits as it is. */
function writer(form: Form, context: TemplateContext): ((value: string) => string) | null {
  if (context === 'field' || context === 'authority') return null
  if (context === 'path' && (form === 'path' || form === 'capture')) return encodePathText
  // A URL within a query is text; a capture stands for what it names.
  if (form === 'capture') return (value) => encodeText(decodeText(value))
  return form === 'query' ? (value) => encodeText(decodeQueryText(value)) : encodeText
}

function paramReader(name: string): Template {
  return (_, params) => (Object.hasOwn(params, name) ? (params[name] ?? '') : '')
}

function headerReader(name: string): Template {
  return ({ headers }) => fieldValue(headers, name) ?? ''
}

function queryReader(prefix: string): Template {
  return ({ target: { query } }) => valueAt(query, AMPERSAND, pairStart(query, prefix, AMPERSAND, 1))
}

function cookieReader(prefix: string): Template {
  return ({ headers }) => {
    const field = (headers['cookie'] as string | undefined) ?? ''
    return valueAt(field, SEMICOLON, pairStart(field, prefix, SEMICOLON, 0)).trim()
  }
}

function valueAt(text: string, separator: number, start: number): string {
  return start === -1 ? '' : text.slice(start, pairEnd(text, separator, start))
}
