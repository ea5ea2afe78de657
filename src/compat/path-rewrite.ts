import type { IncomingMessage, ServerResponse } from 'node:http'
import { optionError } from '../options.js'
import { FACTORY } from './factory.js'
import type { ProxyMiddlewareOptions } from './options.js'

/** Makes another path and query; `undefined` leaves them. */
export type PathRewriter = (
  path: string,
  req: IncomingMessage,
  res: ServerResponse | undefined,
  options: ProxyMiddlewareOptions,
) => string | undefined | Promise<string | undefined>

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function compilePathRewrite({ pathRewrite }: ProxyMiddlewareOptions): PathRewriter | null {
  if (pathRewrite === undefined) return null
  if (typeof pathRewrite === 'function') return pathRewrite
  const rules = Object.entries(pathRewrite).map(([pattern, replacement]) => {
    if (typeof replacement !== 'string') throw optionError(FACTORY, 'pathRewrite', replacement, 'texts to replace with')
    return [readPattern(pattern), replacement] as const
  })
  return (path) => {
    const rule = rules.find(([pattern]) => pattern.test(path))
    return rule === undefined ? undefined : path.replace(...rule)
  }
}

function readPattern(pattern: string): RegExp {
  try {
    return new RegExp(pattern)
  } catch {
    throw optionError(FACTORY, 'pathRewrite', pattern, 'valid regular expressions')
  }
}
