import type { Check } from '../../options.js'
import { type Field, field } from './fields.js'

/** One of a kind, or several by name. One alone is called `default`. */
export type OneOrNamed<T> = T | Readonly<Record<string, T>>

/** Tells one of a kind from what is none. */
export interface Kind<T> {
  is(value: unknown): value is T
  /** In words, for an error. */
  readonly words: string
}

export function kind<T>(words: string, is: (value: T) => boolean): Kind<T> {
  return {
    words,
    is: (value): value is T => value !== null && value !== undefined && is(value as T),
  }
}

/** The check of an option that takes one of a kind, or several by name. */
export function checkNamed<T>({ is, words }: Kind<T>): Check {
  return (value) => {
    if (is(value)) return undefined
    const all = typeof value === 'object' && value !== null ? Object.values(value) : []
    return all.length > 0 && all.every((each) => is(each)) ? undefined : `${words}, or an object of some by name`
  }
}

/** Those that were given, by name. */
export function byName<T>(given: OneOrNamed<T>, { is }: Kind<T>): ReadonlyMap<string, T> {
  return is(given) ? new Map([['default', given]]) : new Map(Object.entries(given))
}

/** The field that says which one is meant; it may be absent where there is only one. */
export function whichOf(all: ReadonlyMap<string, unknown>, about: string): Field {
  const one = field.oneOf([...all.keys()], about)
  return all.size === 1 ? one : field.required(one)
}

/** The one that is meant. */
export function chosen<T>(all: ReadonlyMap<string, T>, name: unknown): readonly [name: string, one: T] {
  const [first] = all as Iterable<[string, T]>
  return name === undefined ? first! : [name as string, all.get(name as string)!]
}

/**
 * Finds by a name that stood in a path. Paths can't hold two slashes in a row (`http://10.0.0.1:3000` comes as `http:/10.0.0.1:3000`), so
 * these are taken for one.
 */
export function named<T extends { readonly name: string }>(all: readonly T[], name: string): T | undefined {
  // Most names are URLs: to compare as they are is a tenth of the work.
  const url = name.replace(/^([a-z]+:)\/(?!\/)/, '$1//')
  return (
    all.find((each) => each.name === name) ??
    all.find((each) => each.name === url) ??
    all.find((each) => each.name.replace(/\/{2,}/g, '/') === name)
  )
}

/** A name as it stands in a path, slashes and all. */
export function inPath(name: string): string {
  return encodeURI(name.toWellFormed()).replace(/[?#;]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}
