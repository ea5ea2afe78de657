import type { Mutator } from './mutate.js'

/** A parser under test, and what it promises. */
export interface FuzzTarget {
  readonly name: string
  /** Inputs to begin with. Each character is a byte, but for targets that are given `text`. */
  readonly corpus: readonly string[]
  /** Pieces that mean something to the parser. */
  readonly pieces?: readonly string[]
  /** Whether inputs are Unicode rather than bytes. */
  readonly text?: boolean
  /** Longest input. @default 16384, what Node lets a head be */
  readonly maxLength?: number
  /**
   * Gives one input to the parser; throws where a promise is broken.
   *
   * @returns What became of it, in a word or two: inputs with which something new does are kept, and changed further.
   */
  check(input: string, mutator: Mutator): string | undefined
}

/** Throws if a promise is broken. */
export function promise(holds: boolean, what: string, ...seen: readonly unknown[]): asserts holds {
  if (!holds) throw new Error([what, ...seen.map((each) => shown(each))].join(' · '))
}

/** Throws if two values do not say the same. */
export function same(left: unknown, right: unknown, what: string): void {
  const [one, other] = [shown(left), shown(right)]
  if (one !== other) throw new Error(`${what} · ${one} · ${other}`)
}

function shown(value: unknown): string {
  const text = JSON.stringify(value, (_, each) => {
    if (each instanceof Map) return [...each]
    if (each instanceof Uint8Array) return Buffer.from(each.buffer, each.byteOffset, each.byteLength).toString('latin1')
    return typeof each === 'object' && each !== null && Object.getPrototypeOf(each) === null ? { ...each } : each
  })
  return text ?? String(value)
}

/** What a function returns, or the message of what it throws if `expected` says that it may; anything else is thrown on. */
export function attempt<T>(
  run: () => T,
  expected: (error: Error) => boolean,
): { readonly value: T } | { readonly error: Error } {
  try {
    return { value: run() }
  } catch (error) {
    if (error instanceof Error && expected(error)) return { error }
    throw error
  }
}

/** An error that says which code, and perhaps status, it may have. */
export function edgeError(code: string | RegExp, ...statuses: readonly number[]): (error: Error) => boolean {
  return (error) => {
    const { code: its, status } = error as Error & { code?: unknown; status?: number }
    const known = typeof code === 'string' ? its === code : typeof its === 'string' && code.test(its)
    return known && (statuses.length === 0 || statuses.includes(status!))
  }
}

/** Whether a map has no names but its own, as `constructor` would be. */
export function isPlainMap(map: object): boolean {
  const above = Object.getPrototypeOf(map) as object | null
  return above === null || (Object.getPrototypeOf(above) === null && Reflect.ownKeys(above).length === 0)
}

/** Nothing that ends a line, or that a terminal or a parser heeds, but a tab. */
export const WRITABLE: RegExp = /^[\t\x20-\x7e\x80-\xff]*$/
export const TOKEN: RegExp = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
