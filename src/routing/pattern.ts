import picomatch from 'picomatch'
import { nullObject } from '../null-object.js'
import { optionError } from '../options.js'

/** A compiled path pattern. */
export interface PathPattern {
  readonly source: string
  /** Leading segments without wildcards: what the route table finds a pattern by. */
  readonly literal: readonly string[]
  /** Whether there is nothing but literal segments. */
  readonly exact: boolean
  /** Higher is more specific: literal segments count most, then named ones, then `*`, then `**`. */
  readonly weight: number
  matches(path: string): boolean
  /** Captures of a path that matches. */
  captures(path: string): Readonly<Record<string, string>>
}

const LONGEST = 1024
const SLASH = 47
const none: Readonly<Record<string, string>> = Object.freeze(Object.create(null))

/**
 * Compiles a path glob: literal segments, `:name`, `*` within a segment, `?`, `[a-c]`, and `**` for any number of segments.
 * `/users/**` matches `/users`, too. Dotfiles match like any other name (H-152).
 *
 * Captures: `:name` by its name, `*` and `**` by their number from the left, beginning at 0.
 *
 * @param factory Who is named, with its option, in an error.
 * @throws {@link EdgeError} `ERR_EDGE_OPTION` for what could cost time (two stars in a segment, three globstars: H-150), for
 * extglobs, braces and POSIX classes (H-151), and for negation.
 */
export function compilePattern(
  source: string,
  caseSensitive: boolean,
  factory = 'route',
  option = 'path',
): PathPattern {
  lint(source, factory, option)
  const segments = source.slice(1).split('/')
  const firstWild = segments.findIndex((segment) => isWild(segment))
  const literal = firstWild === -1 ? segments : segments.slice(0, firstWild)
  const exact = firstWild === -1
  return {
    source,
    literal: exact && source === '/' ? [] : literal,
    exact,
    weight: segments.reduce((sum, segment) => sum * 4 + segmentWeight(segment), exact ? 1 : 0),
    ...(exact ? { matches: () => true, captures: () => none } : compileMatch(source, segments, caseSensitive)),
  }
}

type Matcher = Pick<PathPattern, 'matches' | 'captures'>

function compileMatch(source: string, segments: readonly string[], caseSensitive: boolean): Matcher {
  const rest = source.endsWith('/**')
  const head = rest ? segments.slice(0, -1) : segments
  const names = [...segments.join('/').matchAll(/:([A-Za-z_][A-Za-z0-9_]*)|\*\*|\*/g)].map(
    ([, name], at, all) => name ?? String(all.slice(0, at).filter(([each]) => each.startsWith('*')).length),
  )
  if (rest && !head.some((segment) => isWild(segment))) {
    const prefix = head.length === 0 ? '' : `/${head.join('/')}`
    return matchRest(prefix, caseSensitive)
  }
  const regex = new RegExp(`^${regexSource(segments)}$`, caseSensitive ? '' : 'i')
  // The look-ahead's own group, among those of the names.
  const kept =
    segments.filter((segment) => segment === '**').length < 2
      ? 0
      : 1 + capturesOf(segments.slice(0, segments.indexOf('**')))
  return {
    matches: (path) => regex.test(path),
    captures: (path) => {
      const match = regex.exec(path) ?? []
      const params = nullObject<string>()
      if (kept > 0) match.splice(kept, 1)
      for (const [at, name] of names.entries()) params[name] = match[at + 1] ?? ''
      return params
    },
  }
}

/** How many captures segments have. */
function capturesOf(segments: readonly string[]): number {
  return segments.filter((segment) => segment.startsWith(':') || segment.includes('*')).length
}

/** The commonest pattern, `/prefix/**`, needs no regular expression. */
function matchRest(prefix: string, caseSensitive: boolean): Matcher {
  const length = prefix.length
  const folded = caseSensitive ? prefix : prefix.toLowerCase()
  return {
    matches: (path) =>
      (caseSensitive ? path : path.toLowerCase()).startsWith(folded) &&
      (path.length === length || path.charCodeAt(length) === SLASH),
    captures: (path) => {
      const params = nullObject<string>()
      params['0'] = path.slice(length + 1)
      return params
    },
  }
}

/** With which picomatch lets a path end in a slash: between segments it would let each slash be of either, and take exponential time (H-150). */
const SLASH_BEHIND = /\\\/\?(?=\)$)/

/**
 * The regular expression of a whole pattern, one capture for each `:name`, `*` and `**`. Segments are picomatch's; what joins them
 * is ours, since its `**` at the head of a path wants a segment. What stands between two `**` is found at its first place and kept
 * (a look-ahead is atomic): trying the later ones, too, could not help and would cost quadratic time (H-150).
 */
function regexSource(segments: readonly string[]): string {
  const sources = segments.map((segment, at) => {
    if (segment === '**') return '(?:/(.*?))??'
    const source = segmentSource(segment)
    return `/${at === segments.length - 1 ? source : source.replace(SLASH_BEHIND, '')}`
  })
  const [first, second] = segments.flatMap((segment, at) => (segment === '**' ? [at] : []))
  const of = (from: number, to?: number): string => sources.slice(from, to).join('')
  if (first === undefined || second === undefined) return of(0)
  return `${of(0, first)}(?=(?<kept>${of(first, second)}(?=/|$)))\\k<kept>${of(second)}`
}

function segmentSource(segment: string): string {
  if (segment.startsWith(':')) return '([^/]+)'
  if (!isWild(segment)) return segment.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  return picomatch.makeRe(segment, {
    capture: true,
    contains: true,
    dot: true,
    nonegate: true,
    noextglob: true,
    nobrace: true,
    posix: false,
    windows: false,
    literalBrackets: false,
  } as picomatch.PicomatchOptions).source
}

function segmentWeight(segment: string): number {
  if (segment === '**') return 0
  if (segment.startsWith(':') || segment === '*') return 1
  return isWild(segment) ? 2 : 3
}

function isWild(segment: string): boolean {
  return /[*?[\]]/.test(segment) || segment.startsWith(':')
}

function lint(source: string, factory: string, option: string): void {
  const refuse = (allowed: string): never => {
    throw optionError(factory, option, source, allowed)
  }
  if (typeof source !== 'string' || !source.startsWith('/')) refuse('a pattern that starts with /')
  if (source.length > LONGEST) refuse(`a pattern of at most ${LONGEST} characters`)
  if (/[!@+?*]\(|[(){}|\\]/.test(source)) refuse('no extglobs, braces, groups or backslashes')
  if (source.includes('[[') || source.includes('[:')) refuse('no POSIX classes')
  // A class must not be able to hold a slash, nor mean something else to picomatch than it says, as `[!a]` does.
  if (/[[\]]/.test(source.replace(/\[(?:\w(?:-\w)?)+\]/g, ''))) refuse('only classes like [a-c] or [0-9_]')
  if (/[#\s]|%(?![0-9A-F]{2})|[?]{3}/.test(source)) refuse('no spaces, #, or malformed escapes')
  const segments = source.split('/').slice(1)
  if (segments.filter((segment) => segment === '**').length > 2) refuse('at most two ** in a pattern')
  if (source.includes('**/**')) refuse('no ** right behind another')
  for (const segment of segments) {
    if (segment !== '**' && segment.split('*').length > 2)
      refuse('at most one * in a segment, or ** as a whole segment')
    if (segment.includes(':') && !/^:[A-Za-z_][A-Za-z0-9_]*$/.test(segment)) refuse(':name as a whole segment')
    if (segment === '.' || segment === '..') refuse('no dot segments: they never reach a route')
  }
  if (segments.slice(0, -1).includes('')) refuse('no empty segments: duplicate slashes are merged before matching')
}
