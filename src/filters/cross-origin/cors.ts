import type { Exchange } from '../../exchange.js'
import { defineFilter, type Filter, type PlainHandler, type Verdict } from '../../filter.js'
import { changeHeaders, emptyHeaders, fieldValue, type HeaderMap, shareHeaders } from '../../http/header-map.js'
import { withVary } from '../../http/vary.js'
import { emptyReply, type Reply } from '../../reply.js'
import { changeReply } from '../reply-fields.js'
import { type AllowOrigin, type CorsOptions, checkCorsOptions, compileOrigin, isForAll } from './cors-options.js'

/**
 * Lets pages of other origins read replies, by the CORS protocol of the Fetch standard.
 *
 * Preflights are answered here, with 204; put it in front of authentication, since browsers send none with them. Every reply behind it,
 * denials and failures too, says whether the page may read it; what the upstream says of CORS is replaced. It denies nothing: browsers do,
 * and only to pages. To refuse requests take {@link csrf} or {@link originRules}.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`, also for `origin: '*'` with credentials.
 * @example
 * ```ts
 * const api = {
 *   path: '/api/**',
 *   filters: [cors({ origin: ['https://app.example.com', 'https://*.example.org'], credentials: true })],
 *   handler: forward({ pool }),
 * }
 * ```
 */
export function cors(options: CorsOptions): Filter {
  checkCorsOptions(options)
  const rules = new CorsRules(options)
  return defineFilter(
    // A guard, so that no cache stands outside: what it stored would be served to a page of another origin (H-198).
    { filterName: 'cors', stage: 'guard', explain: (exchange) => rules.explain(exchange) },
    (exchange, next) => {
      // The CORS protocol does not govern WebSockets (Fetch §3.3.1).
      if (exchange.upgrade !== null) return next(exchange)
      return isPreflight(exchange) ? rules.answer(exchange) : rules.pass(exchange, next)
    },
  )
}

function isPreflight({ method, headers }: Exchange): boolean {
  return (
    method === 'OPTIONS' && headers['origin'] !== undefined && headers['access-control-request-method'] !== undefined
  )
}

/** A list of names, as browsers send it; linear to match. */
const NAMES = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:[ \t]*,[ \t]*[!#$%&'*+.^_`|~0-9A-Za-z-]+)*$/
const LONGEST_LIST = 4_096

/** What an upstream may say of CORS: here it is said by the edge alone. */
const SAID_HERE: ReadonlySet<string> = new Set(
  ['origin', 'credentials', 'methods', 'headers', 'private-network']
    .map((name) => `access-control-allow-${name}`)
    .concat('access-control-expose-headers', 'access-control-max-age'),
)

class CorsRules {
  readonly #allowOrigin: AllowOrigin
  /** Whether an answer depends on who asks. */
  readonly #varies: boolean
  /** What else a page that may is told, in a reply and in the answer to a preflight. */
  readonly #reply: HeaderMap
  readonly #preflight: HeaderMap
  readonly #preflightVary: HeaderMap
  readonly #reflects: boolean
  readonly #privateNetwork: boolean

  constructor(options: CorsOptions) {
    const { methods = ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE'], allowedHeaders, exposedHeaders = [] } = options
    const { credentials = false, maxAgeMs, privateNetwork = false } = options
    this.#allowOrigin = compileOrigin(options)
    this.#varies = !isForAll(options)
    this.#reflects = allowedHeaders === undefined
    this.#privateNetwork = privateNetwork
    const always = credentials ? { 'access-control-allow-credentials': 'true' } : {}
    this.#reply = { ...always, ...said('access-control-expose-headers', exposedHeaders) }
    this.#preflight = {
      ...always,
      ...said('access-control-allow-methods', methods),
      ...said('access-control-allow-headers', allowedHeaders ?? []),
      ...(maxAgeMs === undefined ? {} : { 'access-control-max-age': String(Math.floor(maxAgeMs / 1000)) }),
    }
    const vary = [
      ...(this.#varies ? ['Origin'] : []),
      ...(this.#reflects ? ['Access-Control-Request-Headers'] : []),
      ...(privateNetwork ? ['Access-Control-Request-Private-Network'] : []),
    ]
    this.#preflightVary = shareHeaders(changeHeaders({}, said('vary', vary)))
  }

  explain(exchange: Exchange): Verdict {
    if (exchange.upgrade !== null) return { verdict: 'pass', why: 'CORS does not govern WebSockets' }
    const origin = this.#allowOrigin(exchange)
    if (origin instanceof Promise) {
      origin.catch(() => {})
      const why = 'it would ask whether the page may read it'
      return isPreflight(exchange)
        ? { verdict: 'answer', why, status: 204 }
        : { verdict: 'depends', about: 'reply', why }
    }
    const why = origin === null ? 'the page may not read it' : 'the page may read it'
    return isPreflight(exchange) ? { verdict: 'answer', why, status: 204 } : { verdict: 'change', about: 'reply', why }
  }

  /** Answers a preflight; one of a page that may not gets nothing that would let it. */
  async answer(exchange: Exchange): Promise<Reply> {
    const origin = await this.#allowOrigin(exchange)
    const { headers } = exchange
    if (origin === null) return emptyReply(204, this.#preflightVary)
    const fields = changeHeaders(this.#preflightVary, { ...this.#preflight, 'access-control-allow-origin': origin })
    const wish = this.#reflects ? (fieldValue(headers, 'access-control-request-headers') ?? '') : ''
    if (wish.length <= LONGEST_LIST && NAMES.test(wish)) fields['access-control-allow-headers'] = wish
    if (this.#privateNetwork && headers['access-control-request-private-network'] === 'true')
      fields['access-control-allow-private-network'] = 'true'
    return emptyReply(204, fields)
  }

  pass(exchange: Exchange, next: PlainHandler): Promise<Reply> {
    const found = this.#allowOrigin(exchange)
    const marked = (origin: string | null): Promise<Reply> =>
      changeReply(
        exchange,
        () => next(exchange),
        (headers) => this.#marked(headers, origin),
      )
    return found instanceof Promise ? found.then(marked) : marked(found)
  }

  #marked(said: HeaderMap, origin: string | null): HeaderMap {
    const headers = emptyHeaders()
    for (const name in said) if (!SAID_HERE.has(name)) headers[name] = said[name]
    if (origin !== null) {
      for (const name in this.#reply) headers[name] = this.#reply[name]
      headers['access-control-allow-origin'] = origin
    }
    if (this.#varies) headers['vary'] = withVary(said, ['Origin'])
    return headers
  }
}

/** A field of a list of names; none for an empty one. */
function said(name: string, names: readonly string[]): HeaderMap {
  return names.length === 0 ? {} : { [name]: names.join(', ') }
}
