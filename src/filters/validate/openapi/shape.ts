import { isObject } from '../plain-object.js'
import type { Document } from './document.js'
import { resolved } from './prepare.js'

/** How many values a schema's value is made of, when it must be read from text. */
export type Shape = 'text' | 'list' | 'object'

/** What is behind references and the like goes no deeper than this, whatever refers to itself. */
const DEEPEST = 16

/** The shape that a schema asks for. */
export function shapeOf(schema: unknown, document: Document, depth = 0): Shape {
  const node = resolved(schema, document)
  if (node === null || depth > DEEPEST) return 'text'
  const types = [node['type']].flat()
  if (types.includes('array') || node['items'] !== undefined) return 'list'
  if (types.includes('object') || node['properties'] !== undefined) return 'object'
  return (
    below(node)
      .map((each) => shapeOf(each, document, depth + 1))
      .find((shape) => shape !== 'text') ?? 'text'
  )
}

/** The properties that a schema names; `open` if it lets others be, too. */
export function propertiesOf(
  schema: unknown,
  document: Document,
  depth = 0,
): { readonly properties: ReadonlyMap<string, unknown>; readonly open: boolean } {
  const node = resolved(schema, document)
  if (node === null || depth > DEEPEST) return { properties: new Map(), open: true }
  const own = isObject(node['properties']) ? Object.entries(node['properties']) : []
  const inner = below(node).map((each) => propertiesOf(each, document, depth + 1))
  return {
    properties: new Map([...inner.flatMap(({ properties }) => [...properties]), ...own]),
    open: node['additionalProperties'] !== false,
  }
}

function below(node: Readonly<Record<string, unknown>>): unknown[] {
  return ['allOf', 'anyOf', 'oneOf'].flatMap((key) => (Array.isArray(node[key]) ? (node[key] as unknown[]) : []))
}
