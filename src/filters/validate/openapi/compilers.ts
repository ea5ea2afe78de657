import type { JsonLimits } from '../../../http/json-limits.js'
import type { Telling } from '../faults.js'
import type { PlainObject } from '../plain-object.js'
import { type CompileSchema, type JsonSchema, type SchemaOptions, schemaCompiler } from '../schemas.js'
import { Document, documentError, FACTORY } from './document.js'
import { type Preparation, prepare } from './prepare.js'

/** What the parts of a document are compiled with. */
export interface Compilers {
  readonly document: Document
  readonly limits: JsonLimits
  readonly telling: Telling
  readonly maxParameters: number
  readonly request: DirectionCompiler
  readonly reply: DirectionCompiler
}

/** Compiles schemas of one direction. */
export interface DirectionCompiler {
  /** Of values that came as JSON. */
  readonly value: CompileSchema
  /** Of values that came as text. */
  readonly text: CompileSchema
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
export function directionCompiler(
  document: Document,
  preparation: Preparation,
  options: SchemaOptions,
): DirectionCompiler {
  let copy: PlainObject | undefined
  const lazily = (coerces: boolean): CompileSchema => {
    let compile: CompileSchema | undefined
    return (where, schema) => {
      copy ??= prepare(document, preparation)
      compile ??= schemaCompiler(options, { factory: FACTORY, coerces, base: [BASE, copy] })
      return compile(`document ${where}`, schema)
    }
  }
  return { value: lazily(false), text: lazily(true) }
}
