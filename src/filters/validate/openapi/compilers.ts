import type { JsonLimits } from '../../../http/json-limits.js'
import type { Telling } from '../faults.js'
import type { PlainObject } from '../plain-object.js'
import { compileSchema, type JsonSchema, makeValidator, type SchemaOptions, type Validate } from '../schemas.js'
import { Document, documentError, FACTORY } from './document.js'
import { prepare } from './prepare.js'

/** What the parts of a document are compiled with. */
export interface Compilers {
  readonly document: Document
  readonly limits: JsonLimits
  readonly telling: Telling
  readonly maxParameters: number
  readonly request: SchemaCompiler
  readonly reply: SchemaCompiler
}

/** Compiles schemas of one direction. */
export interface SchemaCompiler {
  /** Of values that came as JSON. */
  value(schema: JsonSchema, where: string): Validate
  /** Of values that came as text. */
  text(schema: JsonSchema, where: string): Validate
}

const BASE = 'openapi'

/** A schema that says what the one at a pointer says. */
export function refTo(pointer: string): JsonSchema {
  return { $ref: `${BASE}#${pointer.split('/').map(encodeURIComponent).join('/')}` }
}

/** Reads a document's version, and makes a document of it. */
export function readDocument(root: PlainObject): { readonly document: Document; readonly old: boolean } {
  const version = root['openapi']
  if (typeof version !== 'string' || !/^3\.[01]\.\d+/.test(version))
    throw documentError('', typeof version === 'string' ? `of version ${version}` : 'without a version "openapi"')
  return { document: new Document(root), old: version.startsWith('3.0') }
}

/** A compiler of the schemas of one direction; the document's copy is made, and ajv loaded, when the first is compiled. */
export function schemaCompiler(
  document: Document,
  preparation: Parameters<typeof prepare>[1],
  options: SchemaOptions,
): SchemaCompiler {
  let copy: PlainObject | undefined
  const compiler = (coerces: boolean): SchemaCompiler['value'] => {
    let ajv: ReturnType<typeof makeValidator> | undefined
    return (schema, where) => {
      if (ajv === undefined) {
        copy ??= prepare(document, preparation)
        ajv = makeValidator(FACTORY, { strict: false, ...options }, coerces)
        ajv.addSchema(copy, BASE, undefined, false)
      }
      return compileSchema(ajv, FACTORY, `document ${where}`, schema)
    }
  }
  return { value: compiler(false), text: compiler(true) }
}
