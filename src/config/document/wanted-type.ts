import { createRequire } from 'node:module'
import { at, type Path } from './path.js'

const require = createRequire(import.meta.url)

/** What of a JSON Schema is looked at. */
interface Schema {
  readonly $ref?: string
  readonly anyOf?: readonly Schema[]
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: boolean | Schema
  readonly items?: Schema
  readonly pattern?: string
}

/** By which a number or a boolean may be named by a variable: no text that is wanted. */
const VARIABLE = '^\\$\\{.*\\}$'

/** The schema that is published with the package, read when a document first asks for it. */
let published: (Schema & { readonly definitions: Readonly<Record<string, Schema>> }) | null = null

/**
 * Makes what the schema wants of the text of a variable: a number or a boolean, where it allows no text there and the text is one. A
 * plugin's options go by the plugin's own schema.
 *
 * @param schemaOf The schema of a plugin's options.
 */
export function typed(
  data: unknown,
  path: Path,
  text: string,
  schemaOf: (plugin: string) => object | undefined,
): unknown {
  published ??= require('edgewise/config.schema.json') as NonNullable<typeof published>
  const types = new Set(typesAt(data, path, schemaOf).flatMap((schema) => typesOf(schema)))
  if (types.has('string')) return text
  if ((types.has('number') || types.has('integer')) && /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text))
    return Number(text)
  if (types.has('boolean') && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

function typesAt(data: unknown, path: Path, schemaOf: (plugin: string) => object | undefined): readonly Schema[] {
  let here: readonly Schema[] = alternatives(published!)
  for (const [depth, step] of path.entries()) {
    const { use } = (at(data, path.slice(0, depth)) ?? {}) as { use?: unknown }
    const asked = step === 'options' && typeof use === 'string' ? use : step
    const own = typeof asked === 'string' ? schemaOf(asked) : undefined
    here = own !== undefined ? [own as Schema] : here.flatMap((schema) => below(schema, asked)).flatMap(alternatives)
  }
  return here
}

function below({ properties = {}, additionalProperties, items }: Schema, step: string | number): readonly Schema[] {
  if (typeof step === 'number') return items === undefined ? [] : [items]
  if (Object.hasOwn(properties, step)) return [properties[step]!]
  return typeof additionalProperties === 'object' ? [additionalProperties] : []
}

/** A schema, or those that it stands for. */
function alternatives(schema: Schema): readonly Schema[] {
  const { $ref, anyOf = [] } = schema
  if ($ref === undefined) return [schema, ...anyOf.flatMap(alternatives)]
  const named = published?.definitions[$ref.slice($ref.lastIndexOf('/') + 1)]
  return named === undefined ? [] : alternatives(named)
}

function typesOf({ type = [], const: constant, enum: words = [], pattern }: Schema): string[] {
  const values = constant === undefined ? words : [constant]
  return [type, values.map((value) => typeof value)].flat(2).filter((each) => each !== 'string' || pattern !== VARIABLE)
}
