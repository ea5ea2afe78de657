import type { Milliseconds } from '../../options.js'

/** Writes a value with its name; what is not there is written as nothing. */
type Piece<T> = (value: T | undefined) => string

/** More routes, pools or endpoints than most configurations have. */
const MOST = 1_000
/** What is longer is not kept: methods are for clients to choose. */
const LONGEST = 256
/** Most times are shorter than so many tenths of a millisecond. */
const SHORT = 256

/**
 * A piece of a line that many others have, too: written once, and as one text. To V8, each piece that a line is put together from is an
 * object until all of it is written out.
 */
export function remembered(write: (value: string) => string): Piece<string> {
  const known = new Map<string, string>()
  return (value) => {
    if (value === undefined) return ''
    const there = known.get(value)
    if (there !== undefined) return there
    const written = flat(write(value))
    if (value.length > LONGEST) return written
    if (known.size >= MOST) known.clear()
    known.set(value, written)
    return written
  }
}

/** Writes a status or the like. */
export function numbered(name: string): Piece<number> {
  const known: string[] = []
  return (value) => {
    if (value === undefined) return ''
    if (!Number.isInteger(value) || value < 0 || value >= MOST) return `${name}${value}`
    known[value] ??= flat(`${name}${value}`)
    return known[value]
  }
}

/** Writes a time to a tenth of a millisecond. */
export function timed(name: string, end: string): Piece<Milliseconds> {
  const short: string[] = Array.from({ length: SHORT }, (_, tenths) => flat(`${name}${tenths / 10}${end}`))
  return (ms) => (ms === undefined ? '' : (short[Math.round(ms * 10)] ?? `${name}${decimal(ms)}${end}`))
}

/** By way of whole numbers, which V8 writes several times as fast as fractions. */
function decimal(ms: number): string {
  const tenths = Math.round(ms * 10)
  const rest = tenths % 10
  return rest === 0 ? `${tenths / 10}` : `${(tenths - rest) / 10}.${rest}`
}

/** A text in one. */
export function flat(text: string): string {
  return [text, ''].join('')
}
