import { isObject, type PlainObject } from '../plain-object.js'
import { type Document, localPointer } from './document.js'

/** Members whose own members are named by the document's author: no keyword is among them. */
const NAMED: ReadonlySet<string> = new Set(
  (
    'properties patternProperties $defs definitions dependentSchemas ' +
    'paths pathItems webhooks callbacks schemas responses parameters requestBodies headers content encoding links securitySchemes variables'
  ).split(' '),
)
/** Members that are data, whatever they look like. */
const DATA: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'example', 'examples'])

/** How a document's schemas are to be read. */
export interface Preparation {
  /** OpenAPI 3.0, whose schemas are a dialect of their own. */
  readonly old: boolean
  /** What the schemas are for: of a request, what is `readOnly` need not be there, and of a reply what is `writeOnly`. */
  readonly direction: 'request' | 'reply'
}

/**
 * A copy of a document whose schemas are JSON Schema 2020-12: of OpenAPI 3.0 `nullable` and boolean `exclusiveMinimum` are rewritten, and
 * what stands beside `$ref` is dropped. A `discriminator` stays where ajv can go by it; elsewhere `oneOf` alone decides, which comes to
 * the same, since it must not change what is valid (OpenAPI 3.1.1 §4.8.25).
 */
export function prepare(document: Document, preparation: Preparation): PlainObject {
  return copyNode(document.root, document, preparation)
}

function copy(value: unknown, document: Document, preparation: Preparation): unknown {
  if (Array.isArray(value)) return value.map((item) => copy(item, document, preparation))
  return isObject(value) ? copyNode(value, document, preparation) : value
}

function copyNode(node: PlainObject, document: Document, preparation: Preparation): PlainObject {
  const made: [string, unknown][] = []
  for (const [key, value] of Object.entries(node)) {
    if (preparation.old && typeof node['$ref'] === 'string' && key !== '$ref') continue
    if (key === 'discriminator' && isObject(value) && !isExplicit(node, value, document)) continue
    if (key === 'required' && Array.isArray(value)) made.push([key, mustStand(node, value, document, preparation)])
    else if (DATA.has(key)) made.push([key, value])
    else if (NAMED.has(key) && isObject(value))
      made.push([
        key,
        fromEntries(Object.entries(value).map(([name, each]) => [name, copy(each, document, preparation)])),
      ])
    else made.push([key, copy(value, document, preparation)])
  }
  return preparation.old ? modern(made) : fromEntries(made)
}

/** Defines members rather than sets them, so that `__proto__` is one like any other (H-154). */
function fromEntries(entries: readonly (readonly [string, unknown])[]): PlainObject {
  return Object.fromEntries(entries)
}

/** Keywords of OpenAPI 3.0 in the words of 2020-12. */
function modern(entries: readonly [string, unknown][]): PlainObject {
  const made = fromEntries(entries) as Record<string, unknown>
  const { type, nullable } = made
  if (typeof nullable === 'boolean') delete made['nullable']
  // Without a type it has no effect (OpenAPI 3.0.3 §4.7.24.1).
  if (nullable === true && typeof type === 'string') made['type'] = [type, 'null']
  for (const [exclusive, bound] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    const flag = made[exclusive]
    if (typeof flag !== 'boolean') continue
    delete made[exclusive]
    if (!flag || typeof made[bound] !== 'number') continue
    made[exclusive] = made[bound]
    delete made[bound]
  }
  return made
}

function mustStand(
  node: PlainObject,
  required: readonly unknown[],
  document: Document,
  { direction }: Preparation,
): unknown[] {
  const flag = direction === 'request' ? 'readOnly' : 'writeOnly'
  const properties = node['properties']
  if (!isObject(properties)) return [...required]
  return required.filter((name) => {
    const property =
      typeof name === 'string' && Object.hasOwn(properties, name) ? resolved(properties[name], document) : null
    return property?.[flag] !== true
  })
}

/** Whether each branch of a `oneOf` says by itself which values of the property are its own: what ajv needs. */
function isExplicit(node: PlainObject, discriminator: PlainObject, document: Document): boolean {
  const { propertyName: name, mapping } = discriminator
  const branches = node['oneOf']
  if (typeof name !== 'string' || mapping !== undefined || !Array.isArray(branches)) return false
  return branches.every((branch) => {
    const schema = resolved(branch, document)
    const { properties, required } = schema ?? {}
    const tag = isObject(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined
    return isObject(tag) && Array.isArray(required) && required.includes(name) && ('const' in tag || 'enum' in tag)
  })
}

/** A schema, or the one that it refers to within the document; `null` if that is none. */
export function resolved(schema: unknown, document: Document): PlainObject | null {
  if (!isObject(schema)) return null
  const ref = schema['$ref']
  if (typeof ref !== 'string') return schema
  // An anchor or an id is ajv's to find.
  return ref.startsWith('#/') ? document.at(localPointer(ref, 'schema')).node : null
}
