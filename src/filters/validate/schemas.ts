import type { AnySchemaObject, ValidateFunction, Ajv2020 as Validator } from 'ajv/dist/2020.js'
import { loadPackage } from '../../load-package.js'
import { type Check, check, optionError } from '../../options.js'
import type { PlainObject } from './plain-object.js'
import { allUnique } from './unique-items.js'

/** A JSON Schema, as an object or, for "anything" and "nothing", as a boolean. */
export type JsonSchema = boolean | Readonly<Record<string, unknown>>

/** What checks a value, and says in its `errors` what was wrong with the last one. */
export type Validate = ValidateFunction

/** What says whether a text is in a format. */
export type FormatTest = RegExp | ((text: string) => boolean)

/** How schemas are read. */
export interface SchemaOptions {
  /** The draft that schemas are written in; one that names another in `$schema` is refused. @default '2020-12' */
  readonly draft?: '2020-12' | '2019-09' | '07' | undefined
  /**
   * Schemas that others refer to, by the URI that they do it with. Nothing is ever fetched.
   * @default none
   */
  readonly schemas?: Readonly<Record<string, JsonSchema>> | undefined
  /** Formats beside those of ajv-formats (`date-time`, `email`, `uuid` …); `false` checks none. @default {} */
  readonly formats?: false | Readonly<Record<string, FormatTest>> | undefined
  /**
   * Whether these are refused at construction: keywords and formats that ajv does not know, and, in a schema of a body, keywords that
   * say nothing of most values, as `properties` without `type: 'object'`, which lets a string pass.
   *
   * @default true; of `openapi` false
   */
  readonly strict?: boolean | undefined
  /**
   * Whether all faults are told, rather than the first: costs time in proportion to what is wrong, which is what an attacker sends.
   * @default false
   */
  readonly allErrors?: boolean | undefined
  /** Most faults that a client is told. @default 20 */
  readonly maxErrors?: number | undefined
  /**
   * Makes the tests of `pattern` and `patternProperties`: give one of an engine without backtracking (re2) where patterns are not your own.
   *
   * @default JavaScript's own `RegExp`
   */
  readonly regExp?: ((pattern: string, flags: string) => { test(text: string): boolean }) | undefined
}

/** The checks of {@link SchemaOptions}, for `checkOptions`. */
export const schemaChecks: Readonly<Record<keyof SchemaOptions, Check>> = {
  draft: check.oneOf('2020-12', '2019-09', '07'),
  schemas: check.object,
  formats: check.objectOrOff,
  strict: check.boolean,
  allErrors: check.boolean,
  maxErrors: check.whole(1, 1_000),
  regExp: check.function,
}

export const DEFAULT_MAX_ERRORS = 20

/** Checks an option that is a schema. */
export const isSchema: Check = check.either(check.object, check.boolean)

type Draft = NonNullable<SchemaOptions['draft']>

const DRAFTS: Readonly<Record<Draft, string>> = {
  '2020-12': 'ajv/dist/2020.js',
  '2019-09': 'ajv/dist/2019.js',
  '07': 'ajv',
}

/** Its pattern takes 320 ms for 10,000 colons, and four times as long for twice as many (ajv-formats 3.0.1); the others are linear, as measured. */
const LONGEST_URL = 2_048

/** What schemas are checked with before they are compiled: one a draft, since to make it takes 80 ms. */
const checkers: Partial<Record<Draft, Validator>> = {}

/** Compiles a schema. `option` names it in the error. */
export type CompileSchema = (option: string, schema: JsonSchema) => Validate

/** How a compiler is made. */
export interface CompilerTraits {
  readonly factory: string
  /** Whether texts are made what their schemas want: for what can only be text (a query, fields). */
  readonly coerces: boolean
  /** What schemas refer to beside `schemas`, as it is: by its URI. */
  readonly base?: readonly [uri: string, document: PlainObject] | undefined
}

/**
 * Makes a compiler of schemas.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`, as the compiler does: naming the option and what is wrong.
 */
export function schemaCompiler(options: SchemaOptions, { factory, coerces, base }: CompilerTraits): CompileSchema {
  const { draft = '2020-12', schemas = {}, formats = {}, strict = true, allErrors = false, regExp } = options
  const Ajv = loadAjv(draft, factory)
  const ajv = new Ajv({
    strictSchema: strict,
    // Without `type`, `properties` say nothing of what is no object, and let it pass; what is text is always read into one.
    strictTypes: strict && !coerces,
    allowUnionTypes: true,
    strictTuples: false,
    allErrors,
    logger: false,
    // `{}` has no `toString` of its own (H-154).
    ownProperties: true,
    coerceTypes: coerces ? 'array' : false,
    validateFormats: formats !== false,
    validateSchema: false,
    discriminator: true,
    ...(regExp === undefined
      ? {}
      : { code: { regExp: Object.assign((text: string, flags: string) => regExp(text, flags), { code: 'regExp' }) } }),
  })
  ajv.removeKeyword('uniqueItems')
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    validate: (wanted: boolean, items: readonly unknown[]) => !wanted || allUnique(items),
    error: { message: 'must NOT have duplicate items' },
  })
  if (formats !== false) {
    loadPackage<typeof import('ajv-formats')>('ajv-formats', factory).default(ajv)
    const url = ajv.formats['url'] as RegExp
    ajv.addFormat('url', (text: string) => text.length <= LONGEST_URL && url.test(text))
    for (const [name, test] of Object.entries(formats)) ajv.addFormat(name, test)
  }
  const checked = (schema: JsonSchema): AnySchemaObject => {
    // Beside a document they only say where in it the schema is, which is no schema itself.
    if (base === undefined) checkSchema(draft, factory, schema)
    return schema as AnySchemaObject
  }
  if (base !== undefined) ajv.addSchema(base[1], base[0])
  for (const [uri, schema] of Object.entries(schemas))
    attempt(factory, `schemas.${uri}`, schema, () => ajv.addSchema(checked(schema), uri))
  return (option, schema) => {
    const validate = attempt(factory, option, schema, () => ajv.compile(checked(schema)))
    // What it returned would be a promise, which is true.
    if ('$async' in validate) throw optionError(factory, option, schema, 'a schema without $async')
    return validate
  }
}

function loadAjv(draft: Draft, factory: string): typeof Validator {
  return loadPackage<typeof import('ajv/dist/2020.js')>(DRAFTS[draft], factory).default
}

/** Checks a schema against the one of all schemas. */
function checkSchema(draft: Draft, factory: string, schema: JsonSchema): void {
  checkers[draft] ??= new (loadAjv(draft, factory))({ logger: false, strict: false })
  checkers[draft].validateSchema(schema as AnySchemaObject, true)
}

function attempt<T>(factory: string, option: string, schema: JsonSchema, make: () => T): T {
  const wrong = isSchema(schema)
  if (wrong !== undefined) throw optionError(factory, option, schema, wrong)
  try {
    return make()
  } catch (error) {
    const { message } = error as Error
    throw optionError(factory, option, schema, `a schema that can be compiled; ajv says: ${message.slice(0, 500)}`)
  }
}
