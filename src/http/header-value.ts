import { EdgeError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import { optionError } from '../options.js'
import type { Reply } from '../reply.js'
import { parseAuthority } from './authority.js'
import { compileTemplate, type Template } from './template.js'

/**
 * A value to write into a field: a template, as `{params.tenant}`; several, for a field of several lines; or a function, which may
 * say `undefined` for no value. A function for a reply's field is given the reply, too.
 */
export type HeaderValue =
  | string
  | readonly string[]
  | ((exchange: Exchange, reply?: Reply) => string | readonly string[] | undefined)

/** A compiled value; empty for none. */
export type ReadValue = (exchange: Exchange, reply?: Reply) => string | readonly string[]

/** RFC 9110 §5.5: visible characters, blanks, obs-text. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`; what comes out when it is read is checked again: `ERR_EDGE_BAD_VALUE`. */
export function compileValue(factory: string, option: string, name: string, value: HeaderValue): ReadValue {
  if (typeof value === 'function') return (exchange, reply) => checked(name, value(exchange, reply))
  const lines = typeof value === 'string' ? [value] : value
  if (!Array.isArray(lines) || !lines.every((line) => typeof line === 'string'))
    throw optionError(factory, option, value, 'a text, several, or a function')
  const templates = lines.map((line) => compileTemplate(factory, option, line, 'field'))
  for (const template of templates)
    if (typeof template === 'string' && !isWritable(name, template))
      throw optionError(factory, option, template, 'a value that can be written')
  if (templates.every((template) => typeof template === 'string')) {
    const fixed = templates.length === 1 ? templates[0]! : Object.freeze(templates)
    return () => fixed
  }
  const made = templates.map((template) => reader(name, template))
  const [only] = made
  return made.length === 1 ? only! : (exchange) => made.map((read) => read(exchange)).filter((line) => line !== '')
}

function reader(name: string, template: Template | string): (exchange: Exchange) => string {
  return typeof template === 'string'
    ? () => template
    : (exchange) => {
        const text = template(exchange, exchange.params)
        if (!isWritable(name, text)) throw unwritable(name)
        return text
      }
}

function checked(name: string, value: unknown): string | readonly string[] {
  if (value === undefined) return ''
  const lines = [value].flat()
  if (lines.every((line) => typeof line === 'string' && isWritable(name, line))) return value as string
  // What an async function rejects with must not end the process (H-096).
  if (value instanceof Promise) value.catch(() => {})
  throw unwritable(name)
}

function isWritable(name: string, value: string): boolean {
  return VALUE.test(value) && (name !== 'host' || value === '' || parseAuthority(value) !== null)
}

function unwritable(name: string): EdgeError {
  return new EdgeError('ERR_EDGE_BAD_VALUE', `a rule made a value of ${name} that cannot be written`)
}
