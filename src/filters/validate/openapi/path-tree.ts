import { parseTarget } from '../../../http/target.js'
import { documentError } from './document.js'

/** What was found at a path: what is there, and what stands in its template's braces, as it was sent. */
export interface Found<T> {
  readonly value: T
  readonly captures: Readonly<Record<string, string>>
}

/** A segment of a template: literal text before, between and behind names. */
interface Templated<T> {
  readonly source: string
  readonly names: readonly string[]
  readonly literals: readonly string[]
  readonly branch: Branch<T>
}

interface Branch<T> {
  readonly literal: Map<string, Branch<T>>
  readonly templated: Templated<T>[]
  leaf: { readonly template: string; readonly names: readonly string[]; readonly value: T } | null
}

/**
 * Paths by their templates (OpenAPI 3.1.1 §4.8.8.2): a literal segment goes before a templated one, and one that says more before one that says
 * less. A look-up visits each branch once at most, however paths and templates are made.
 */
export class PathTree<T> {
  readonly #root: Branch<T> = branch()

  /** What is at a template, made if there was nothing. */
  ensure(template: string, make: () => T): T {
    let at = this.#root
    const names: string[] = []
    for (const segment of segmentsOf(template)) {
      const parts = segment.split(/\{([^{}]*)\}/)
      if (parts.length === 1) {
        if (/[{}]/.test(segment)) throw documentError(`path ${template}`, 'a brace without its other')
        const literal = canonical(segment, template)
        const next = at.literal.get(literal) ?? branch<T>()
        at.literal.set(literal, next)
        at = next
        continue
      }
      const own = parts.filter((_, index) => index % 2 === 1)
      names.push(...own)
      at = templatedOf(at, parts, own, template).branch
    }
    if (new Set(names).size !== names.length) throw documentError(`path ${template}`, 'a name that stands twice')
    if (at.leaf !== null && at.leaf.template !== template)
      throw documentError(`path ${template}`, `the same path as ${at.leaf.template}`)
    at.leaf ??= { template, names, value: make() }
    return at.leaf.value
  }

  find(path: string): Found<T> | null {
    const values: string[] = []
    const leaf = search(this.#root, segmentsOf(path), 0, values)
    if (leaf === null) return null
    return { value: leaf.value, captures: Object.fromEntries(leaf.names.map((name, at) => [name, values[at]!])) }
  }
}

function branch<T>(): Branch<T> {
  return { literal: new Map(), templated: [], leaf: null }
}

function segmentsOf(path: string): string[] {
  return path === '/' ? [] : path.slice(1).split('/')
}

function templatedOf<T>(
  at: Branch<T>,
  parts: readonly string[],
  names: readonly string[],
  template: string,
): Templated<T> {
  const literals = parts
    .filter((_, index) => index % 2 === 0)
    .map((text) => (text === '' ? '' : canonical(text, template)))
  if (names.includes('') || literals.some((text) => /[{}]/.test(text)) || literals.slice(1, -1).includes(''))
    throw documentError(`path ${template}`, 'braces that name nothing, or names with nothing between them')
  // The same to every path, whatever the names are.
  const source = literals.join('\0')
  const known = at.templated.find((each) => each.source === source)
  if (known !== undefined) return known
  const made: Templated<T> = { source, names, literals, branch: branch() }
  at.templated.push(made)
  at.templated.sort((a, b) => b.source.length - a.source.length)
  return made
}

function search<T>(at: Branch<T>, segments: readonly string[], index: number, values: string[]): Branch<T>['leaf'] {
  if (index === segments.length) return at.leaf
  const segment = segments[index]!
  const literal = at.literal.get(segment)
  const found = literal === undefined ? null : search(literal, segments, index + 1, values)
  if (found !== null) return found
  for (const { literals, branch: next } of at.templated) {
    const own = valuesOf(segment, literals)
    if (own === null) continue
    values.push(...own)
    const leaf = search(next, segments, index + 1, values)
    if (leaf !== null) return leaf
    values.length -= own.length
  }
  return null
}

/** What stands between literals; a value ends where the next literal first stands, so that there is one reading, found in one pass. */
function valuesOf(segment: string, literals: readonly string[]): string[] | null {
  const [first = '', ...rest] = literals
  if (!segment.startsWith(first)) return null
  const values: string[] = []
  let from = first.length
  for (const [at, literal] of rest.entries()) {
    const last = at === rest.length - 1
    const end = last
      ? segment.endsWith(literal)
        ? segment.length - literal.length
        : -1
      : segment.indexOf(literal, from + 1)
    if (end <= from) return null
    values.push(segment.slice(from, end))
    from = end + literal.length
  }
  return values
}

/** Literal text as it stands in a canonical path; it may be written with escapes or without. */
function canonical(text: string, template: string): string {
  const written = text.replace(/[^!-~]+/g, (odd) => encodeURIComponent(odd.toWellFormed()))
  const target = parseTarget(`/${written}`, 'GET', null, { encodedSlashes: 'keep', pathParameters: 'keep' })
  if ('error' in target || target.query !== '')
    throw documentError(`path ${template}`, 'a segment that no request can have')
  return target.path.slice(1)
}
