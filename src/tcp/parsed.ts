/**
 * What a parser makes of the first bytes of a connection. Once it is `done` or `bad` it stays so, however many bytes follow; so it
 * does not matter how they arrive.
 */
export type Parsed<T> =
  | { readonly state: 'done'; readonly value: T /** Bytes that belong to it. */; readonly length: number }
  | { readonly state: 'more' /** It cannot be done with fewer bytes than this, in all. */; readonly need: number }
  | { readonly state: 'bad'; readonly why: string }

export function done<T>(value: T, length: number): Parsed<T> {
  return { state: 'done', value, length }
}

export function more(need: number): Parsed<never> {
  return { state: 'more', need }
}

export function bad(why: string): Parsed<never> {
  return { state: 'bad', why }
}
