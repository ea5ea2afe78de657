import { EdgeError } from '../../errors.js'
import type { Exchange } from '../../exchange.js'
import { defineFilter, type Filter, type Verdict } from '../../filter.js'
import type { Params } from '../../http/template.js'
import { check, checkOptions, optionError } from '../../options.js'
import { compilePattern } from '../../routing/pattern.js'
import { compilePrefixes, compileRewrite, type PathRewrite, type Rewrite, rewritten } from '../../routing/rewrite.js'
import { compilePathTemplate } from '../../routing/url-template.js'

/** One of three ways: `strip` and `add`; `to`, perhaps with a `pattern`; or `pathRewrite`. */
export interface RewritePathOptions {
  /** A prefix to take off, where it is there; a path that does not lie under it is sent as it is. @default none */
  readonly strip?: string | undefined
  /** A prefix to put in front. @default none */
  readonly add?: string | undefined
  /** The path to send, as `/posts/{params.id}`; a query in it stands before the client's. @default none */
  readonly to?: string | undefined
  /** Paths that `to` is for: a glob as routes have them, or a regular expression. Its captures are the template's `params`. @default all, with the route's captures */
  readonly pattern?: string | RegExp | undefined
  /** As `forward()` takes it, and http-proxy-middleware: `{ '^/old': '/new' }`, or a function of path and exchange. @default none */
  readonly pathRewrite?: PathRewrite | undefined
  /** Whether `/Users` and `/users` are two paths to `strip` and a glob. @default true */
  readonly caseSensitive?: boolean | undefined
}

/**
 * Changes the path that is sent upstream, and holds what comes out to the rules of a client's own target (H-153). Matching, limits
 * and logs go on seeing the client's path. Upgrades are rewritten alike.
 *
 * A regular expression of yours runs on paths of at most `maxPathLength` characters; what it costs on those is yours to bound.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`; for a request that a template makes no path of, `ERR_EDGE_BAD_TARGET` (400); for
 * what a function returns, `ERR_EDGE_BAD_VALUE`.
 * @example
 * ```ts
 * const toPosts = rewritePath({ pattern: '/users/:user/posts/:id', to: '/posts/{params.id}?author={params.user}' })
 * ```
 */
export function rewritePath(options: RewritePathOptions): Filter {
  checkOptions('rewritePath', options, {
    strip: check.string,
    add: check.string,
    to: check.string,
    pattern: (value) =>
      typeof value === 'string' || value instanceof RegExp ? undefined : 'a glob or a regular expression',
    pathRewrite: check.either(check.object, check.function),
    caseSensitive: check.boolean,
  })
  const rewrite = compile(options)
  return defineFilter(
    {
      filterName: 'rewritePath',
      explain: (exchange) => explain(exchange, rewrite),
    },
    (exchange, next) => {
      const wire = rewrite(exchange)
      return next(wire === exchange.wire ? exchange : exchange.with({ wire }))
    },
  )
}

function explain(exchange: Exchange, rewrite: Rewrite): Verdict {
  try {
    const wire = rewrite(exchange)
    if (wire === exchange.wire) return { verdict: 'pass', why: 'the path stays' }
    const onward = (copy: Exchange): Exchange => copy.with({ wire })
    return wire.path === exchange.wire.path
      ? { verdict: 'pass', why: 'the path stays', onward }
      : { verdict: 'change', why: `sends ${wire.path}`, onward }
  } catch (error) {
    if (error instanceof EdgeError) return { verdict: 'deny', why: error.message, status: error.status }
    throw error
  }
}

function compile(options: RewritePathOptions): Rewrite {
  const { strip, add, to, pattern, pathRewrite, caseSensitive = true } = options
  const ways = [strip ?? add, to, pathRewrite].filter((way) => way !== undefined).length
  if (ways !== 1 || (pattern !== undefined && to === undefined))
    throw optionError('rewritePath', 'to', to, 'one of: strip and add; to, perhaps with pattern; pathRewrite')
  if (to !== undefined) return compileTo(to, pattern, caseSensitive)
  return (
    compileRewrite('rewritePath', pathRewrite) ??
    compilePrefixes('rewritePath', strip ?? '/', add ?? '/', caseSensitive)
  )
}

function compileTo(to: string, pattern: string | RegExp | undefined, caseSensitive: boolean): Rewrite {
  if (pattern === undefined) {
    const template = compilePathTemplate('rewritePath', 'to', to)
    return (exchange) => rewritten(exchange, template(exchange, exchange.params))
  }
  const { names, read } = typeof pattern === 'string' ? ofGlob(pattern, caseSensitive) : ofRegExp(pattern)
  const template = compilePathTemplate('rewritePath', 'to', to, names)
  return (exchange) => {
    const params = read(exchange.wire.path)
    return params === null ? exchange.wire : rewritten(exchange, template(exchange, params))
  }
}

interface Captures {
  readonly names: ReadonlySet<string>
  /** `null` for a path that does not match. */
  read(path: string): Params | null
}

function ofGlob(source: string, caseSensitive: boolean): Captures {
  const pattern = compilePattern(source, caseSensitive)
  const fold = (text: string): string => (caseSensitive ? text : text.toLowerCase())
  const whole = fold(source)
  const matches = pattern.exact ? (path: string) => fold(path) === whole : pattern.matches
  return {
    names: new Set(Object.keys(pattern.captures(source))),
    read: (path) => (matches(path) ? pattern.captures(path) : null),
  }
}

function ofRegExp(source: RegExp): Captures {
  // `g` and `y` would carry `lastIndex` from one request to the next (H-153).
  const pattern = new RegExp(source.source, source.flags.replace(/[gy]/g, ''))
  const all = new RegExp(`${source.source}|`, pattern.flags).exec('')!
  return {
    names: new Set([...Object.keys(all), ...Object.keys(all.groups ?? {})].filter((name) => !isOwn(name))),
    read: (path) => {
      const match = pattern.exec(path)
      return match === null ? null : ({ ...match, ...match.groups } as unknown as Params)
    },
  }
}

/** What a match has besides its captures. */
function isOwn(name: string): boolean {
  return name === 'index' || name === 'input' || name === 'groups' || name === 'indices'
}
