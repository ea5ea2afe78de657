import { optionError } from '../../options.js'

/** What a text is held against: itself, with `*` for any run of characters, or a regular expression that cannot cost much. */
export type TextPattern = string | RegExp

/** Whether a text fits. */
export type TextTest = (text: string) => boolean

const ALLOWED =
  'texts, perhaps with *, or regular expressions with at most one unbounded repetition (two behind ^), few bounded ones, nothing optional or repeated within a repetition, no back references, no look-arounds'

/**
 * Compiles a pattern for texts that clients write. Case does not count. A text costs linear time, a regular expression at most
 * quadratic time: what could make V8 backtrack for longer is refused, as the input is the client's. The caller bounds its length.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION` for a regular expression that could cost more.
 */
export function compileText(pattern: TextPattern, factory: string, option: string): TextTest {
  if (pattern instanceof RegExp) {
    if (!isSafe(pattern)) throw optionError(factory, option, pattern.source, ALLOWED)
    // Flags of the user's may carry `g` or `y`, whose lastIndex would alternate (H-153).
    const regex = new RegExp(pattern.source, pattern.flags.includes('u') ? 'iu' : 'i')
    return (text) => regex.test(text)
  }
  if (typeof pattern !== 'string' || pattern === '') throw optionError(factory, option, pattern, ALLOWED)
  const pieces = pattern.toLowerCase().split('*')
  if (pieces.length === 1) return (text) => text.toLowerCase() === pieces[0]
  return (text) => fits(text.toLowerCase(), pieces)
}

/** The pieces between stars, each at its first place behind the one before: what a later place could match, this one can, too. */
function fits(text: string, pieces: readonly string[]): boolean {
  const first = pieces[0]!
  const last = pieces.at(-1)!
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false
  const end = text.length - last.length
  let at = first.length
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at)
    if (found === -1 || found + piece.length > end) return false
    at = found + piece.length
  }
  return true
}

/** A repetition of more often than this counts as unbounded. */
const FEW = 16
/** Most ways there may be to match what is bounded: each `?` is two, `{1,3}` three, `a|b` two. */
const WAYS = 32

/**
 * Whether an expression that looks for a match anywhere takes at most quadratic time: the same, without what `^` allows, which in a text of many
 * lines stands at each.
 */
export function matchesInBoundedTime({ source, flags }: RegExp): boolean {
  return isSafe({ source: `(?:)${source}`, flags })
}

/** Whether matching takes at most quadratic time, as {@link ALLOWED} says: read off the repetitions and what they stand behind. */
function isSafe({ source, flags }: Pick<RegExp, 'source' | 'flags'>): boolean {
  if (flags.includes('v') || /\\[1-9k]|\(\?(?:[=!]|<[=!])/.test(source)) return false
  // What repeats nothing by itself, escapes and classes, is one plain character.
  const plain = source.replace(/\\./gs, 'x').replace(/\[[^\]]*\]/g, 'x')
  const varies = [false]
  let unbounded = 0
  let ways = 1
  for (let at = 0; at < plain.length; at++) {
    const char = plain[at]!
    if (char === '(') {
      varies.push(false)
      continue
    }
    if (char === '|') {
      varies[varies.length - 1] = true
      ways *= 2
    }
    const inner = char === ')' && varies.pop() === true
    const [least, most] = repetition(plain.slice(at + 1))
    // Two ways to match what is repeated are exponentially many ways to match all of it.
    if (inner && most > 1) return false
    if (most > FEW) unbounded++
    else ways *= most - least + 1
    if (inner || most !== least) varies[varies.length - 1] = true
  }
  return unbounded <= (plain.startsWith('^') ? 2 : 1) && ways <= WAYS
}

/** How often what stands before a quantifier can be repeated. */
function repetition(behind: string): readonly [least: number, most: number] {
  const [, mark, least, comma, most] = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})/.exec(behind) ?? []
  if (mark === '?') return [0, 1]
  if (mark !== undefined) return [0, Number.POSITIVE_INFINITY]
  if (least === undefined) return [1, 1]
  return [Number(least), comma === '' ? Number(least) : most === '' ? Number.POSITIVE_INFINITY : Number(most)]
}
