import type { Fault, Refusal } from './refusal.js'
import type { Validate } from './schemas.js'

/** Longest pointer that is told: names in it may be the client's. */
const LONGEST = 256

/** How faults are told. */
export interface Telling {
  readonly status: number
  readonly maxErrors: number
}

const WORDS: Readonly<Record<Fault['in'], string>> = {
  body: 'body',
  query: 'query',
  headers: 'header fields',
  params: 'path',
  cookies: 'cookies',
}

/** The refusal of what did not pass a schema. */
export function invalid(validate: Validate, where: Fault['in'], { status, maxErrors }: Telling): Refusal {
  const errors = validate.errors ?? []
  return {
    status,
    detail: `The ${WORDS[where]} ${where === 'headers' || where === 'cookies' ? 'do' : 'does'} not match the schema.`,
    rule: brokenRule(validate, where),
    errors: errors.slice(0, maxErrors).map(({ instancePath, message }) => fault(where, instancePath, message)),
  }
}

/** The rule that was broken first, by its place in the schema. */
export function brokenRule(validate: Validate, where: string): string {
  return `${where}: ${validate.errors?.[0]?.schemaPath ?? 'schema'}`
}

/** The refusal of one value, by its name. */
export function wrongValue(where: Fault['in'], name: string, detail: string, status: number): Refusal {
  const path = name === '' ? '' : `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
  return {
    status,
    detail: `The ${WORDS[where]} can't be read.`,
    rule: `${where}: ${detail}`,
    errors: [fault(where, path, detail)],
  }
}

function fault(where: Fault['in'], path: string, detail = 'is not valid'): Fault {
  return { in: where, pointer: `#${encodeURI(path.slice(0, LONGEST).toWellFormed())}`, detail }
}
