import { checkOrder, type Filter, type Handler, partsOf } from '../filter.js'
import { parseAuthority } from '../http/authority.js'
import type { HeaderMap } from '../http/header-map.js'
import { fieldValue } from '../http/header-map.js'
import { check, checkOptions, optionError } from '../options.js'
import type { PathParams } from './path-params.js'
import { compilePattern, type PathPattern } from './pattern.js'

/** What an exchange must have for a handler to answer it, and the filters on the way. */
export interface RouteOptions<Path extends string = string> {
  /** Glob on the canonical path below the base: `/users/**`, `/users/:id`, `/*.png`. */
  readonly path: Path
  /** GET admits HEAD. @default any */
  readonly methods?: readonly string[] | undefined
  /** Exact names, or `*.example.com` for any subdomain. @default any */
  readonly hosts?: readonly string[] | undefined
  /** Fields that must be there: with this value, or one that matches, or any at all (`true`). @default any */
  readonly headers?: Readonly<Record<string, string | RegExp | true>> | undefined
  /** Query parameters that must be there, likewise. @default any */
  readonly query?: Readonly<Record<string, string | RegExp | true>> | undefined
  /** Behind the gateway's own, the outermost first. @default none */
  readonly filters?: readonly Filter<PathParams<Path>>[] | undefined
  /** Answers what the filters let pass. Its `exchange.params` has what the path captures. */
  readonly handler: RouteHandler<Path>
}

/** A handler of a route, which knows what its path captures. Any handler is one. */
export type RouteHandler<Path extends string = string> = Handler<PathParams<Path>>

/** A compiled route. */
export interface Route {
  /** The path pattern, as logs and metrics name it. */
  readonly name: string
  readonly pattern: PathPattern
  readonly methods: ReadonlySet<string> | null
  readonly hosts: readonly string[] | null
  readonly filters: readonly Filter[]
  readonly handler: Handler
  /** Conditions on headers and query: more are more specific. */
  readonly conditions: number
  readonly order: number
  admits(headers: HeaderMap, query: string): boolean
  /** Which of its conditions on headers and query is not met, in words; `null` for none. */
  lacks(headers: HeaderMap, query: string): string | null
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/**
 * Checks and compiles one route of a gateway.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`, `ERR_EDGE_FILTER_ORDER`.
 */
export function compileRoute(
  options: RouteOptions,
  shared: readonly Filter[],
  order: number,
  caseSensitive: boolean,
): Route {
  checkOptions('route', options, {
    path: check.string,
    methods: (value) =>
      Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string' && TOKEN.test(each))
        ? undefined
        : 'an array of method names',
    hosts: (value) =>
      Array.isArray(value) && value.every(isHost) ? undefined : "host names without port, or '*.example.com'",
    headers: check.object,
    query: check.object,
    filters: (value) =>
      Array.isArray(value) && value.every((each) => typeof each === 'function') ? undefined : 'an array of filters',
    handler: check.function,
  })
  if (options.handler === undefined) throw optionError('route', 'handler', undefined, 'a function')
  const filters = [...shared, ...(options.filters ?? [])]
  for (const line of partsOf(filters, options.handler).lines) checkOrder(line, options.path)
  const headers = Object.entries(options.headers ?? {}).map(([name, wanted]) => [name.toLowerCase(), wanted] as const)
  const query = Object.entries(options.query ?? {})
  return {
    name: options.path,
    pattern: compilePattern(options.path, caseSensitive),
    methods: options.methods === undefined ? null : new Set(options.methods.map((method) => method.toUpperCase())),
    hosts: options.hosts?.map((host) => host.toLowerCase()) ?? null,
    filters,
    handler: options.handler,
    conditions: headers.length + query.length,
    order,
    admits:
      headers.length + query.length === 0
        ? always
        : (fields, search) =>
            headers.every(([name, wanted]) => satisfies(fieldValue(fields, name), wanted)) &&
            (query.length === 0 || queryAdmits(search, query)),
    lacks: (fields, search) => {
      const parameters = new URLSearchParams(search)
      const field = headers.find(([name, wanted]) => !satisfies(fieldValue(fields, name), wanted))
      if (field !== undefined) return `header ${field[0]} ${wantedText(field[1])}`
      const parameter = query.find(([name, wanted]) => !satisfies(parameters.get(name) ?? undefined, wanted))
      return parameter === undefined ? null : `query parameter ${parameter[0]} ${wantedText(parameter[1])}`
    },
  }
}

function wantedText(wanted: string | RegExp | true): string {
  if (wanted === true) return 'is missing'
  return typeof wanted === 'string' ? `is not "${wanted}"` : `does not match ${wanted}`
}

function always(): boolean {
  return true
}

function queryAdmits(search: string, wanted: readonly (readonly [string, string | RegExp | true])[]): boolean {
  const parameters = new URLSearchParams(search)
  return wanted.every(([name, value]) => satisfies(parameters.get(name) ?? undefined, value))
}

function satisfies(value: string | undefined, wanted: string | RegExp | true): boolean {
  if (value === undefined) return false
  if (wanted === true) return true
  // A regular expression of the user's may carry `g`, whose lastIndex would alternate (H-153).
  return typeof wanted === 'string' ? value === wanted : value.search(wanted) !== -1
}

function isHost(value: unknown): boolean {
  if (typeof value !== 'string') return false
  const authority = parseAuthority(value.startsWith('*.') ? value.slice(2) : value)
  return authority !== null && authority.port === null
}
