import type { RewriteCookiesOptions } from '../filters/rewriting/rewrite-cookies.js'
import { optionError } from '../options.js'
import { FACTORY } from './factory.js'
import type { ProxyMiddlewareOptions } from './options.js'

/** `cookieDomainRewrite` and `cookiePathRewrite` as our own filter takes them; `null` for neither. */
export function cookieRules(options: ProxyMiddlewareOptions): RewriteCookiesOptions | null {
  const { cookieDomainRewrite = false, cookiePathRewrite = false } = options
  if (cookieDomainRewrite === false && cookiePathRewrite === false) return null
  return {
    domain: cookieDomainRewrite === false ? undefined : domains(cookieDomainRewrite),
    path: cookiePathRewrite === false ? undefined : paths(cookiePathRewrite),
  }
}

function domains(rewrite: string | Readonly<Record<string, string>>): string | false | Record<string, string | false> {
  if (typeof rewrite === 'string') return rewrite === '' ? false : rewrite
  return Object.fromEntries(Object.entries(rewrite).map(([from, to]) => [from, to === '' ? false : to]))
}

function paths(rewrite: string | Readonly<Record<string, string>>): string | Record<string, string> {
  const table = typeof rewrite === 'string' ? { '*': rewrite } : rewrite
  if (Object.values(table).includes(''))
    throw optionError(
      FACTORY,
      'cookiePathRewrite',
      '',
      "'/' for all of the host: without a path a cookie is its request's alone",
    )
  const { '*': any, ...named } = table
  if (any === undefined) return named
  if (Object.keys(named).length > 0)
    throw optionError(
      FACTORY,
      'cookiePathRewrite',
      '*',
      "either '*' alone, or paths, of which the longest that fits counts, as { '/': '/api' }",
    )
  return any
}
