import { EdgeError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import { isUnder, parseTarget, rewriteTarget, type Target } from '../http/target.js'
import { optionError } from '../options.js'

/** `{ '^/old': '/new' }`, the first pattern that matches; or a function of path and exchange. The query stays as it is. */
export type PathRewrite = Readonly<Record<string, string>> | ((path: string, exchange: Exchange) => string)

/** What is sent in place of an exchange's wire target. */
export type Rewrite = (exchange: Exchange) => Target

/** A rewrite may make a path longer than clients may, up to what Node takes for a head. */
const LONGEST_PATH = 16_384

/** Compiles a rewrite; `null` for none. */
export function compileRewrite(factory: string, rewrite: PathRewrite | undefined): Rewrite | null {
  if (rewrite === undefined) return null
  if (typeof rewrite === 'function') return (exchange) => apply(exchange, rewrite(exchange.wire.path, exchange))
  const rules = Object.entries(rewrite).map(([pattern, replacement]) => {
    if (typeof replacement !== 'string') throw optionError(factory, 'pathRewrite', replacement, 'texts to replace with')
    return [readPattern(factory, pattern), replacement] as const
  })
  return (exchange) => {
    const rule = rules.find(([pattern]) => pattern.test(exchange.wire.path))
    return rule === undefined ? exchange.wire : apply(exchange, exchange.wire.path.replace(...rule))
  }
}

/** Takes one prefix off, where it is there, and puts another in front. */
export function compilePrefixes(factory: string, strip: string, add: string, caseSensitive: boolean): Rewrite {
  const fold = (text: string): string => (caseSensitive ? text : text.toLowerCase())
  const off = readPath(factory, 'strip', strip)
  const folded = fold(off) || '/'
  const on = readPath(factory, 'add', add)
  return ({ wire }) => {
    const { path, query } = wire
    if (!isUnder(fold(path), folded)) return wire
    const sent = on + path.slice(off.length) || '/'
    return { path: sent, query, href: sent + query }
  }
}

/** Sends a path as it is written, which may have a query: in front of the one that is there. */
export function rewritten(exchange: Exchange, href: string): Target {
  const mark = href.indexOf('?')
  const query = joinQueries(mark === -1 ? '' : href.slice(mark), exchange.wire.query)
  return rewriteTarget((mark === -1 ? href : href.slice(0, mark)) + query, { maxPathLength: LONGEST_PATH })
}

/** Reads a path of an option, without its last slash; empty for the root. */
export function readPath(factory: string, option: string, path: unknown): string {
  const target = typeof path === 'string' && path.startsWith('/') ? parseTarget(path, 'GET', null) : null
  if (target === null || 'error' in target || target.query !== '')
    throw optionError(factory, option, path, 'a plain path, as /api')
  return target.path.replace(/\/$/, '')
}

/** Two queries as one; either may be empty. */
export function joinQueries(first: string, second: string): string {
  if (first.length < 2) return second
  return second.length < 2 ? first : `${first}&${second.slice(1)}`
}

function apply(exchange: Exchange, path: unknown): Target {
  if (typeof path !== 'string') {
    // What an async function rejects with must not end the process (H-096).
    if (path instanceof Promise) path.catch(() => {})
    throw new EdgeError('ERR_EDGE_BAD_VALUE', 'a path rewrite must return a string, at once')
  }
  return rewritten(exchange, path)
}

function readPattern(factory: string, pattern: string): RegExp {
  try {
    // Without flags: a `g` would carry `lastIndex` from one request to the next (H-153).
    return new RegExp(pattern)
  } catch {
    throw optionError(factory, 'pathRewrite', pattern, 'valid regular expressions')
  }
}
