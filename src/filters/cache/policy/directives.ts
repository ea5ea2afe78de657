import { splitUnquoted } from '../../../http/field-list.js'

/** What Cache-Control, or a field that governs in its stead, says. Durations are seconds; `undefined` for what is not there. */
export interface Directives {
  readonly noStore: boolean
  /** Unqualified: not to be reused without asking. */
  readonly noCache: boolean
  /** Unqualified: for one user alone. */
  readonly private: boolean
  /** Lower-case names of fields that a qualified `private` or `no-cache` keeps out of a store. */
  readonly withheld: readonly string[]
  readonly public: boolean
  readonly immutable: boolean
  readonly mustRevalidate: boolean
  readonly proxyRevalidate: boolean
  readonly mustUnderstand: boolean
  readonly onlyIfCached: boolean
  readonly maxAge: number | undefined
  readonly sMaxAge: number | undefined
  readonly staleWhileRevalidate: number | undefined
  readonly staleIfError: number | undefined
  readonly minFresh: number | undefined
  /** Infinity for one without a value. */
  readonly maxStale: number | undefined
}

/** Directives by lower-case name, in order, each with its value or `null`. */
export type DirectiveList = readonly (readonly [name: string, value: string | null])[]

/** RFC 9111 §1.2.2: a recipient may take anything larger for this. */
const LONGEST = 2 ** 31

const TOKENS = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:[ \t]*,[ \t]*[!#$%&'*+.^_`|~0-9A-Za-z-]+)*$/

/**
 * Reads a Cache-Control field, its lines joined (RFC 9111 §5.2). Names are compared whatever their case. Where quotes are not
 * balanced, every comma separates: a stray quote must not hide a `no-store` behind it.
 */
export function parseCacheControl(field: string): Directives {
  const parts = isBalanced(field) ? splitUnquoted(field, ',') : field.split(',')
  const list: [string, string | null][] = []
  for (const part of parts) {
    const at = part.indexOf('=')
    if (at === -1) list.push([part.trim().toLowerCase(), null])
    else {
      // A space beside the `=` stays in the value, which it makes invalid.
      const spaced = /[ \t]$/.test(part.slice(0, at)) ? ' ' : ''
      list.push([part.slice(0, at).trim().toLowerCase(), spaced + part.slice(at + 1).trimEnd()])
    }
  }
  return readDirectives(list)
}

/** Gives directives their meaning. Of two different durations of one name the first counts (RFC 9111 §4.2.1). */
export function readDirectives(list: DirectiveList): Directives {
  const values = new Map<string, string | null>()
  for (const [name, value] of list) if (!values.has(name)) values.set(name, value)
  const seconds = (name: string): number | undefined => deltaSeconds(values.get(name))
  const all = (name: string): readonly (readonly string[] | null)[] =>
    list.filter((each) => each[0] === name).map(([, value]) => fieldNames(value))
  const [privacy, caching] = [all('private'), all('no-cache')]
  return {
    noStore: values.has('no-store'),
    noCache: caching.includes(null),
    private: privacy.includes(null),
    withheld: [...privacy, ...caching].flatMap((names) => names ?? []),
    public: values.has('public'),
    immutable: values.has('immutable'),
    mustRevalidate: values.has('must-revalidate'),
    proxyRevalidate: values.has('proxy-revalidate'),
    mustUnderstand: values.has('must-understand'),
    onlyIfCached: values.has('only-if-cached'),
    maxAge: seconds('max-age'),
    sMaxAge: seconds('s-maxage'),
    staleWhileRevalidate: seconds('stale-while-revalidate'),
    staleIfError: seconds('stale-if-error'),
    minFresh: seconds('min-fresh'),
    maxStale: values.get('max-stale') === null ? Number.POSITIVE_INFINITY : seconds('max-stale'),
  }
}

/** Digits, perhaps quoted. What is there but is not that counts as 0, never as absent: else it would fall through to Expires. */
function deltaSeconds(value: string | null | undefined): number | undefined {
  if (value === undefined) return undefined
  const digits = value === null ? null : /^(?:([0-9]+)|"([0-9]+)")$/.exec(value)
  return digits === null ? 0 : Math.min(Number(digits[1] ?? digits[2]), LONGEST)
}

/** The fields that a qualified directive names; `null` for an unqualified one, and for one whose value can't be read. */
function fieldNames(value: string | null): readonly string[] | null {
  if (value === null) return null
  const names = value.startsWith('"') && value.endsWith('"') && value.length > 2 ? value.slice(1, -1).trim() : value
  return TOKENS.test(names) ? names.split(',').map((name) => name.trim().toLowerCase()) : null
}

function isBalanced(field: string): boolean {
  let quoted = false
  for (let at = 0; at < field.length; at++) {
    const char = field[at]
    if (char === '"') quoted = !quoted
    else if (char === '\\' && quoted) at++
  }
  return !quoted
}
