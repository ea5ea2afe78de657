import type { Exchange } from '../../exchange.js'
import { fieldValue } from '../../http/header-map.js'
import { type Check, check, checkOptions, type Milliseconds, optionError } from '../../options.js'
import { intoOrigins, OriginSet, readOrigin } from '../access/origin-set.js'

export interface CorsOptions {
  /**
   * Whose pages may read: `'*'` for all, which goes with no credentials; `https://app.example.com`, `https://*.example.com` for any
   * subdomain, one or several; or a function, which is asked about web origins only. `null`, which sandboxed frames and files have, is
   * taken from a list only.
   */
  readonly origin: string | readonly string[] | ((origin: string, exchange: Exchange) => boolean | Promise<boolean>)
  /** What pages may ask with, besides GET, HEAD and POST. @default ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE'] */
  readonly methods?: readonly string[] | undefined
  /** Fields that pages may send. @default those that a preflight asks about */
  readonly allowedHeaders?: readonly string[] | undefined
  /** Fields of a reply that pages may read, besides the seven that they always may. @default none */
  readonly exposedHeaders?: readonly string[] | undefined
  /** Whether pages may ask with cookies and the like. @default false */
  readonly credentials?: boolean | undefined
  /** How long a browser may remember the answer to a preflight; browsers cap it, Chromium at two hours. @default the browser's own, five seconds */
  readonly maxAgeMs?: Milliseconds | undefined
  /** Whether pages of public sites may ask here, in a private network (`Access-Control-Allow-Private-Network`). @default false */
  readonly privateNetwork?: boolean | undefined
}

/** What to say to a page that may: its origin, or `*`; `null` for one that may not. */
export type AllowOrigin = (exchange: Exchange) => string | null | Promise<string | null>

const FACTORY = 'cors'
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const DAY_MS = 86_400_000

const tokens: Check = (value) =>
  check.strings(value) === undefined && (value as string[]).every((name) => TOKEN.test(name))
    ? undefined
    : 'an array of names'

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function checkCorsOptions(options: CorsOptions): void {
  checkOptions(FACTORY, options, {
    origin: check.either(check.string, check.array, check.function),
    methods: tokens,
    allowedHeaders: tokens,
    exposedHeaders: tokens,
    credentials: check.boolean,
    maxAgeMs: check.whole(0, DAY_MS),
    privateNetwork: check.boolean,
  })
  if (options.origin === undefined)
    throw optionError(FACTORY, 'origin', undefined, "'*', origins, or a function: whose pages may read")
  if (options.credentials !== true) return
  // With credentials a browser takes `*` for a name (Fetch §3.3.5), and would not do what was meant.
  for (const option of ['methods', 'allowedHeaders', 'exposedHeaders'] as const)
    if (options[option]?.includes('*') === true)
      throw optionError(FACTORY, option, '*', 'names, as there are credentials')
}

/** Whether every page may. */
export function isForAll({ origin }: CorsOptions): boolean {
  return [origin].flat().includes('*')
}

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`, also for everybody with credentials: any page could read what its visitor may (H-198). */
export function compileOrigin(options: CorsOptions): AllowOrigin {
  const { origin, credentials = false } = options
  if (typeof origin === 'function') return asking(origin)
  if (isForAll(options)) {
    if (credentials)
      throw optionError(FACTORY, 'origin', '*', 'origins by name, or a function, as there are credentials')
    return () => '*'
  }
  const allowed = new OriginSet()
  const wrong = intoOrigins(allowed)([origin].flat())
  if (wrong !== undefined) throw optionError(FACTORY, 'origin', origin, `'*', a function, or ${wrong}`)
  if (credentials && allowed.hasOpaque)
    throw optionError(FACTORY, 'origin', 'null', 'no null with credentials: every page can give itself that origin')
  return ({ headers }) => {
    const field = fieldValue(headers, 'origin')
    if (field === undefined) return null
    const page = readOrigin(field)
    return (page === null ? field === 'null' && allowed.hasOpaque : allowed.has(page)) ? field : null
  }
}

function asking(allows: (origin: string, exchange: Exchange) => boolean | Promise<boolean>): AllowOrigin {
  return (exchange) => {
    const field = fieldValue(exchange.headers, 'origin')
    if (field === undefined || readOrigin(field) === null) return null
    const said = allows(field, exchange)
    return said instanceof Promise ? said.then((late) => (late === true ? field : null)) : said === true ? field : null
  }
}
