import { EdgeError } from './errors.js'
import { pageOf } from './pages.js'

/** A duration. Zero means "no limit" only where an option's text says so. */
export type Milliseconds = number
/** A size. */
export type Bytes = number

/** Returns what is allowed, as words, if the value is not; `undefined` if it is. */
export type Check = (value: unknown) => string | undefined

/** `setTimeout` fires at once for a delay past 2³¹−1 ms or for NaN, so neither may reach it (H-155). */
const LONGEST_TIMER = 2 ** 31 - 1

/**
 * Checks one options object of a factory: known names only, each value allowed. `undefined` equals absent.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION` naming the factory, the option, the value, what is allowed, and the page.
 */
export function checkOptions(factory: string, options: unknown, checks: Readonly<Record<string, Check>>): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw optionError(factory, 'options', options, 'an object')
  }
  for (const key of Object.keys(options)) {
    const check = Object.hasOwn(checks, key) ? checks[key] : undefined
    if (check === undefined) throw unknownOption(factory, key, Object.keys(checks))
    const value = (options as Record<string, unknown>)[key]
    if (value === undefined) continue
    const allowed = check(value)
    if (allowed !== undefined) throw optionError(factory, key, value, allowed)
  }
}

/** Says which option is wrong, what it was, what is allowed, and which page is about it. */
export function optionError(factory: string, option: string, value: unknown, allowed: string): EdgeError {
  return new EdgeError(
    'ERR_EDGE_OPTION',
    `${factory}: option "${option}" is ${show(value)}; allowed: ${allowed} (${pageOf(factory)})`,
  )
}

function unknownOption(factory: string, key: string, known: readonly string[]): EdgeError {
  return new EdgeError(
    'ERR_EDGE_OPTION',
    `${factory}: unknown option "${key}".${didYouMean(key, known)} Known: ${known.join(', ')} (${pageOf(factory)})`,
  )
}

/** A question after the known word that is nearest to one that is not known; empty where none is near. */
export function didYouMean(word: string, known: readonly string[]): string {
  // What is far longer than any of them is near none, and would take long to compare.
  if (word.length > 64) return ''
  const near = known.toSorted((a, b) => distance(word, a) - distance(word, b))[0]
  return near !== undefined && distance(word, near) <= Math.max(2, word.length / 3) ? ` Did you mean "${near}"?` : ''
}

interface Checks extends Readonly<Record<PlainCheck, Check>> {
  whole(from: number, to: number): Check
  oneOf(...words: readonly string[]): Check
  either(...checks: readonly Check[]): Check
}

type PlainCheck =
  | 'boolean'
  | 'string'
  | 'function'
  | 'object'
  | 'objectOrOff'
  | 'array'
  | 'strings'
  | 'anything'
  | 'duration'
  | 'durationOrOff'

/** Checks that combine into the table given to {@link checkOptions}. */
export const check: Checks = {
  boolean: oneTest((value) => typeof value === 'boolean', 'true or false'),
  string: oneTest((value) => typeof value === 'string' && value !== '', 'a non-empty string'),
  function: oneTest((value) => typeof value === 'function', 'a function'),
  object: oneTest(isObject, 'an object'),
  objectOrOff: oneTest((value) => value === false || isObject(value), 'an object, or false'),
  array: oneTest((value) => Array.isArray(value), 'an array'),
  strings: oneTest(
    (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
    'an array of strings',
  ),
  anything: (): undefined => undefined,
  /** A delay that `setTimeout` takes; zero only where it means "off". */
  duration: oneTest((value) => isWhole(value, 1, LONGEST_TIMER), `whole milliseconds from 1 to ${LONGEST_TIMER}`),
  durationOrOff: oneTest(
    (value) => isWhole(value, 0, LONGEST_TIMER),
    `whole milliseconds from 0 (off) to ${LONGEST_TIMER}`,
  ),
  whole: (from: number, to: number): Check =>
    oneTest((value) => isWhole(value, from, to), `a whole number from ${from} to ${to}`),
  oneOf: (...words: readonly string[]): Check =>
    oneTest((value) => words.includes(value as string), words.map((word) => `'${word}'`).join(', ')),
  either:
    (...checks: readonly Check[]): Check =>
    (value) => {
      const refusals = checks.map((each) => each(value))
      return refusals.includes(undefined) ? undefined : refusals.join(', or ')
    },
}

function oneTest(test: (value: unknown) => boolean, allowed: string): Check {
  return (value) => (test(value) ? undefined : allowed)
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isWhole(value: unknown, from: number, to: number): boolean {
  return Number.isInteger(value) && (value as number) >= from && (value as number) <= to
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value)
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}

/** Levenshtein distance, for "did you mean"; only ever run on a construction error. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, swap))
    }
    row = next
  }
  return row[b.length]!
}
