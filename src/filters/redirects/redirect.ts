import type { Exchange } from '../../exchange.js'
import type { Handler } from '../../filter.js'
import { check, checkOptions, optionError } from '../../options.js'
import { type Reply, reply } from '../../reply.js'
import type { HandlerVerdict } from '../../verdict.js'
import { destination } from './destination.js'
import { compileLocation } from './location-template.js'
import { noHost, type RedirectStatus, redirectReply, redirectStatus } from './redirect-reply.js'

export interface RedirectOptions {
  /**
   * Where to: a path below the base, as `/new/{params.0}`, or a URL, as `https://new.example.com{path}`; or a function that returns
   * either. The host of a template is fixed, or the client's own.
   */
  readonly to: string | ((exchange: Exchange) => string)
  /** Of the reply; 307 and 308 keep the method (RFC 9110 §15.4). @default 302 */
  readonly status?: RedirectStatus | undefined
  /** Whether the client's query follows that of `to`. @default true for a template, false for a function */
  readonly keepQuery?: boolean | undefined
  /** Hosts besides the client's own that a function may send to, as `app.example.com` or `app.example.com:8443`. @default none */
  readonly hosts?: readonly string[] | undefined
}

/**
 * Makes the handler that sends clients elsewhere, and nobody where a stranger wants: what a function returns leads to a path, to the
 * client's own host or to one of `hosts`; anything else is answered with 400 (H-045, CWE-601).
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const routes = [
 *   { path: '/old/**', handler: redirect({ to: '/new/{params.0}', status: 308 }) },
 *   { path: '/login', handler: redirect({ to: returnTo, hosts: ['app.example.com'], status: 303 }) },
 * ]
 * ```
 */
export function redirect(options: RedirectOptions): Handler {
  checkOptions('redirect', options, {
    to: check.either(check.string, check.function),
    status: redirectStatus,
    keepQuery: check.boolean,
    hosts: check.strings,
  })
  const { to, status = 302 } = options
  if (to === undefined) throw optionError('redirect', 'to', to, 'a path, a URL, or a function')
  const [locate, refuse] = typeof to === 'function' ? ofFunction(to, options) : ofTemplate(to, options)
  const handler: Handler = async (exchange) => {
    const location = locate(exchange)
    return location === null ? refuse() : redirectReply(status, location)
  }
  const explain = (exchange: Exchange): HandlerVerdict => {
    const location = locate(exchange)
    return location === null
      ? { handler: 'redirect', verdict: 'deny', status: refuse().status, why: 'there is no place to be sent to' }
      : { handler: 'redirect', verdict: 'answer', status, why: `${status} to ${location}` }
  }
  return Object.assign(handler, { explain })
}

/** Where to, `null` for nowhere; and the reply then. */
type Finder = [locate: (exchange: Exchange) => string | null, refuse: () => Reply]

function ofFunction(to: (exchange: Exchange) => string, { hosts = [], keepQuery = false }: RedirectOptions): Finder {
  const judge = destination(hosts, keepQuery)
  return [(exchange) => judge(exchange, to(exchange)), () => reply(400, 'not a place to be sent to\n')]
}

function ofTemplate(to: string, { hosts, keepQuery = true }: RedirectOptions): Finder {
  if (hosts !== undefined) throw optionError('redirect', 'hosts', hosts, 'nothing with a template, whose host is fixed')
  return [compileLocation('redirect', 'to', to, keepQuery), noHost]
}
