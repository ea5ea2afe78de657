import { decodePart, decodePercent } from '../pairs.js'
import type { Fault } from '../refusal.js'
import type { JsonSchema } from '../schemas.js'
import { refTo } from './compilers.js'
import { type Document, documentError, type Located, membersOf, step } from './document.js'
import { propertiesOf, shapeOf } from './shape.js'
import { isMemberOf, type Style } from './styles.js'

/** A parameter, or a field of a reply, as it is to be read. */
export interface Parameter extends Style {
  readonly where: Fault['in']
  readonly required: boolean
  readonly schema: JsonSchema
  /** Its value is JSON (`content` in place of `schema`). */
  readonly json: boolean
  /** Whether a name in the query is part of it. */
  owns(name: string): boolean
}

const PLACES: Readonly<Record<string, Fault['in']>> = {
  path: 'params',
  query: 'query',
  header: 'headers',
  cookie: 'cookies',
}

const STYLES: Readonly<Record<string, readonly string[]>> = {
  params: ['simple'],
  query: ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'],
  headers: ['simple'],
  cookies: ['form'],
}

/** Fields whose names a parameter may not have (OpenAPI 3.1.1 §4.8.12.1). */
const OTHERS: ReadonlySet<string> = new Set(['accept', 'content-type', 'authorization'])

/** Reads a Parameter Object; `null` for one that is to be ignored. */
export function readParameterObject({ node, pointer }: Located, document: Document): Parameter | null {
  const { name, in: place } = node
  const where = typeof place === 'string' ? PLACES[place] : undefined
  if (typeof name !== 'string' || where === undefined)
    throw documentError(pointer, 'a parameter without a name or a place')
  if (where === 'headers' && OTHERS.has(name.toLowerCase())) return null
  return describe(where, where === 'headers' ? name.toLowerCase() : name, { node, pointer }, document)
}

/** Reads a Parameter or a Header Object of a known place and name. */
export function describe(where: Fault['in'], name: string, { node, pointer }: Located, document: Document): Parameter {
  const [contentType] = membersOf(node, 'content')[0] ?? []
  const at =
    contentType === undefined ? step(pointer, 'schema') : step(step(step(pointer, 'content'), contentType), 'schema')
  const own =
    contentType === undefined ? node['schema'] : document.at(step(step(pointer, 'content'), contentType)).node['schema']
  const schema = own === undefined ? true : refTo(at)
  const json = contentType !== undefined
  const shape = json ? 'text' : shapeOf(own, document)
  const style = (node['style'] as string | undefined) ?? STYLES[where]![0]!
  if (!STYLES[where]!.includes(style)) throw documentError(pointer, `the style ${style}, which is not supported there`)
  const { properties, open } = propertiesOf(own, document)
  const explode = (node['explode'] as boolean | undefined) ?? style === 'form'
  const spread = shape === 'object' && style === 'form' && explode
  return {
    where,
    name,
    style,
    explode,
    shape,
    json,
    properties: [...properties.keys()],
    required: node['required'] === true || where === 'params',
    schema: node['allowEmptyValue'] === true ? { anyOf: [{ const: '' }, schema] } : schema,
    decode: DECODERS[where]!,
    owns: (each) =>
      style === 'deepObject' ? isMemberOf(each, name) : spread ? open || properties.has(each) : each === name,
  }
}

const DECODERS: Readonly<Record<string, Style['decode']>> = {
  params: decodePercent,
  query: decodePart,
  headers: (written) => written.trim(),
  // Not every cookie is percent-encoded.
  cookies: (written) => decodePercent(written) ?? written,
}
