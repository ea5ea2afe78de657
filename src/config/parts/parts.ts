import type { EventHub } from '../../events.js'
import type { Filter, Handler } from '../../filter.js'
import { didYouMean, optionError } from '../../options.js'
import type { Pool } from '../../upstream/pool.js'
import type { Path } from '../document/path.js'
import { Told } from '../document/problems.js'

/** What makers of filters and handlers find the things by that a document names. */
export interface Parts {
  readonly events: EventHub
  /** @throws {@link EdgeError} `ERR_EDGE_OPTION` for an unknown name. */
  pool(factory: string, option: string, name: unknown): Pool
  /** @throws {@link EdgeError} `ERR_EDGE_OPTION` for an unknown name. */
  store(factory: string, option: string, name: unknown): object
  /**
   * A handler of what stands at a path; `undefined` if it is wrong, which has been told.
   *
   * @param own Members that say something else than who answers.
   */
  handler(config: unknown, path: Path, own?: readonly string[]): Handler | undefined
  /** A filter of what stands at a path; `undefined` if it is wrong, which has been told. */
  filter(config: unknown, path: Path): Filter | undefined
}

/** @throws {@link Told} if some could not be made. */
export function made<T>(things: readonly (T | undefined)[]): T[] {
  if (things.includes(undefined)) throw new Told()
  return things as T[]
}

/** Options, as a document has them. */
export type Data = Readonly<Record<string, unknown>>

/** Options that are running things, and for which an object of a document would pass. */
const CODE: readonly string[] = ['agent', 'clock', 'events', 'httpsAgent', 'resolver']

/**
 * Looks at options before their factory does: `null`, as YAML has it of a name without a value, is none.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION` for what is no object, or an option that only code can give.
 */
export function optionsOf(factory: string, value: unknown): Data {
  const data = value ?? {}
  if (!isData(data)) throw optionError(factory, 'options', data, 'an object')
  const code = CODE.find((name) => Object.hasOwn(data, name))
  if (code !== undefined) throw optionError(factory, code, data[code], 'nothing: it is for code')
  return data
}

export function isData(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** @throws {@link EdgeError} `ERR_EDGE_OPTION` for a name that is none of those. */
export function named<T>(
  things: ReadonlyMap<string, T>,
  factory: string,
  option: string,
  name: unknown,
  kind: string,
): T {
  const found = typeof name === 'string' ? things.get(name) : undefined
  if (found !== undefined) return found
  const known = [...things.keys()]
  const hint = typeof name === 'string' ? didYouMean(name, known) : ''
  throw optionError(
    factory,
    option,
    name,
    `${kind}:${known.length === 0 ? ' none is known' : ` ${known.join(', ')}`}.${hint}`,
  )
}

/**
 * The one member of an object that says which of several things it is, as `{ ringHash: { … } }`; a name alone is it without options.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION` for another name, or more than one.
 */
export function chosen<K extends string>(
  factory: string,
  option: string,
  value: unknown,
  known: readonly K[],
): readonly [name: K, options: unknown] {
  const [name, ...others] = typeof value === 'string' ? [value] : isData(value) ? Object.keys(value) : []
  if (name === undefined || others.length > 0 || !known.includes(name as K)) {
    const hint = name === undefined || others.length > 0 ? '' : didYouMean(name, known)
    throw optionError(factory, option, name ?? value, `one of ${known.join(', ')}.${hint}`)
  }
  return [name as K, typeof value === 'string' ? undefined : (value as Data)[name]]
}

/** Regular expressions in the place of `{ regex, flags }`, at those places: names, and `*` for each member or item. */
export function withRegExps<T>(value: T, ...places: readonly string[]): T {
  return places.reduce((changed, place) => change(changed, place.split('.')), value)
}

function change<T>(value: T, [step, ...rest]: readonly string[]): T {
  if (step === undefined) return toRegExp(value) as T
  if (Array.isArray(value)) return value.map((item) => change(item, step === '*' ? rest : [step, ...rest])) as T
  if (!isData(value)) return value
  const keys = step === '*' ? Object.keys(value) : Object.hasOwn(value, step) ? [step] : []
  return { ...value, ...Object.fromEntries(keys.map((key) => [key, change(value[key], rest)])) }
}

function toRegExp(value: unknown): unknown {
  if (!isData(value) || typeof value['regex'] !== 'string') return value
  const { regex, flags = '', ...others } = value
  // `g` and `y` would remember from one request to the next where they had got to (H-153).
  if (typeof flags !== 'string' || !/^[imsu]*$/.test(flags))
    throw optionError('regex', 'flags', flags, 'of i, m, s and u')
  if (Object.keys(others).length > 0) throw optionError('regex', Object.keys(others)[0]!, others, 'regex and flags')
  try {
    return new RegExp(regex as string, flags)
  } catch (error) {
    throw optionError('regex', 'regex', regex, `a regular expression: ${(error as Error).message}`)
  }
}
