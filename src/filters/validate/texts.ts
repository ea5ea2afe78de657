import { nullObject } from '../../null-object.js'
import { invalid, type Telling, wrongValue } from './faults.js'
import type { Fault, Refusal } from './refusal.js'
import type { Validate } from './schemas.js'

/** Values that came as text, by name. */
export type Texts = Record<string, unknown>

/** Numbers as JSON writes them (RFC 8259 §6): others, as `0x10` or ` 1`, are numbers to some readers only (H-160). */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** Checks texts against a schema that may want numbers, booleans and lists. The texts themselves stay as they are. */
export function judgeTexts(validate: Validate, texts: Texts, where: Fault['in'], telling: Telling): Refusal | null {
  const coerced = copy(texts) as Texts
  if (!validate(coerced)) return invalid(validate, where, telling)
  for (const name in texts) {
    if (!isFaithful(texts[name], coerced[name])) return wrongValue(where, name, 'must be a number', telling.status)
  }
  return null
}

function copy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(copy)
  const made: Texts = nullObject()
  for (const name in value) made[name] = copy((value as Texts)[name])
  return made
}

/** Whether every number that was made of a text is one to everybody. */
function isFaithful(text: unknown, made: unknown): boolean {
  if (typeof made === 'number')
    return typeof text === 'string' ? NUMBER.test(text) && Number.isFinite(made) : isSame(text, made)
  if (typeof made !== 'object' || made === null) return true
  // One value was made a list of one, where the schema wants a list.
  if (Array.isArray(made)) return made.every((item, at) => isFaithful(Array.isArray(text) ? text[at] : text, item))
  return Object.keys(made).every((name) => isFaithful((text as Texts)[name], (made as Texts)[name]))
}

/** A list of one was made a value, where the schema wants one. */
function isSame(text: unknown, made: number): boolean {
  return Array.isArray(text) ? isFaithful(text[0], made) : text === made
}
