import { EdgeError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import { rewriteTarget, type Target } from '../http/target.js'
import { optionError } from '../options.js'

/** `{ '^/old': '/new' }`, the first pattern that matches; or a function of path and exchange. The query stays as it is. */
export type PathRewrite = Readonly<Record<string, string>> | ((path: string, exchange: Exchange) => string)

/** Compiles a rewrite; `null` for none. */
export function compileRewrite(
  factory: string,
  rewrite: PathRewrite | undefined,
): ((exchange: Exchange) => Target) | null {
  if (rewrite === undefined) return null
  if (typeof rewrite === 'function') return (exchange) => apply(exchange, rewrite(exchange.wire.path, exchange))
  const rules = Object.entries(rewrite).map(
    ([pattern, replacement]) => [readPattern(factory, pattern), replacement] as const,
  )
  return (exchange) => {
    const rule = rules.find(([pattern]) => pattern.test(exchange.wire.path))
    return rule === undefined ? exchange.wire : apply(exchange, exchange.wire.path.replace(...rule))
  }
}

function apply(exchange: Exchange, path: unknown): Target {
  if (typeof path !== 'string') {
    // What an async function rejects with must not end the process (H-096).
    if (path instanceof Promise) path.catch(() => {})
    throw new EdgeError('ERR_EDGE_BAD_VALUE', 'pathRewrite must return a string, at once')
  }
  return rewriteTarget((path || '/') + exchange.wire.query)
}

function readPattern(factory: string, pattern: string): RegExp {
  try {
    // Without flags: a `g` would carry `lastIndex` from one request to the next (H-153).
    return new RegExp(pattern)
  } catch {
    throw optionError(factory, 'pathRewrite', pattern, 'valid regular expressions')
  }
}
