import { EdgeError } from '../../errors.js'
import type { Refusal } from '../../filters/validate/refusal.js'
import { type Check, check, checkOptions } from '../../options.js'

/** One member of a body, or one parameter of a query. */
export interface Field {
  readonly check: Check
  /** The same as JSON Schema, for the description of the API. */
  readonly schema: Readonly<Record<string, unknown>>
  readonly required: boolean
}

export type Fields = Readonly<Record<string, Field>>

type Plain = Readonly<Record<string, unknown>>

function make(test: Check, schema: Plain, description: string): Field {
  return { check: test, schema: { ...schema, description }, required: false }
}

/** Fields of the kinds that the API takes, each with what it is for. */
export const field: {
  readonly text: (about: string) => Field
  readonly flag: (about: string) => Field
  readonly whole: (from: number, to: number, about: string) => Field
  readonly duration: (about: string) => Field
  readonly oneOf: (words: readonly string[], about: string) => Field
  readonly required: (optional: Field) => Field
} = {
  text: (about) => make(check.string, { type: 'string', minLength: 1 }, about),
  flag: (about) => make(check.boolean, { type: 'boolean' }, about),
  whole: (from, to, about) => make(check.whole(from, to), { type: 'integer', minimum: from, maximum: to }, about),
  duration: (about) => make(check.duration, { type: 'integer', minimum: 1, maximum: 2 ** 31 - 1 }, about),
  oneOf: (words, about) => make(check.oneOf(...words), { type: 'string', enum: words }, about),
  required: (optional) => ({ ...optional, required: true }),
}

/**
 * Holds an object that somebody sent against the fields it may have.
 *
 * @param what Whose fields they are, for the refusal: `drain`, `the query`.
 */
export function readFields(what: string, fields: Fields, given: unknown): { readonly members: Plain } | Refusal {
  try {
    checkOptions(what, given, Object.fromEntries(Object.entries(fields).map(([name, each]) => [name, each.check])))
  } catch (error) {
    return refusalOf(error)
  }
  const members = given as Plain
  const missing = Object.keys(fields).find((name) => fields[name]!.required && members[name] === undefined)
  return missing === undefined ? { members } : { status: 400, detail: `${what}: "${missing}" is missing` }
}

/** What a pool or a filter says of input that it does not take; anything else that was thrown goes on. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof EdgeError && error.code === 'ERR_EDGE_OPTION') return { status: 400, detail: error.message }
  throw error
}
