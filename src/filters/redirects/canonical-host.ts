import type { Exchange } from '../../exchange.js'
import type { Filter } from '../../filter.js'
import { parseAuthority } from '../../http/authority.js'
import { check, checkOptions, optionError } from '../../options.js'
import { aboveBase, type RedirectStatus, redirectStatus } from './redirect-reply.js'
import { redirecting } from './redirecting.js'

/** Either `host` or `www`. */
export interface CanonicalHostOptions {
  /** The one name, as `example.com`, with its port where it is not the usual one. @default none */
  readonly host?: string | undefined
  /** Whether names start with `www.`; addresses and names without a dot stay as they are. @default none */
  readonly www?: 'add' | 'remove' | undefined
  /** Of the redirect. @default 308 */
  readonly status?: RedirectStatus | undefined
  /** Requests to let through as they came, as a load balancer's probes. @default none */
  readonly skip?: ((exchange: Exchange) => boolean) | undefined
}

/**
 * Sends clients that asked by another name to the same URL under the one name. A request without Host passes.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * createGateway({ filters: [canonicalHost({ host: 'www.example.com' })], routes })
 * ```
 */
export function canonicalHost(options: CanonicalHostOptions): Filter {
  checkOptions('canonicalHost', options, {
    host: (value) =>
      typeof value === 'string' && parseAuthority(value) !== null ? undefined : 'a host name, with or without port',
    www: check.oneOf('add', 'remove'),
    status: redirectStatus,
    skip: check.function,
  })
  const { host, www, status = 308, skip } = options
  if ((host === undefined) === (www === undefined))
    throw optionError('canonicalHost', 'host', host, 'a host name, or www: one of the two')
  const nameOf = host === undefined ? compileWww(www!) : compileName(host)
  const elsewhere = (exchange: Exchange): string | null => {
    const name = nameOf(exchange.client)
    if (name === null || skip?.(exchange) === true) return null
    return `${exchange.client.protocol}://${name}${aboveBase(exchange, exchange.target.href)}`
  }
  return redirecting('canonicalHost', status, elsewhere, 'the host has its name')
}

/** The name and port to ask for instead; `null` to let a client be. */
type NameOf = (client: Exchange['client']) => string | null

function compileName(text: string): NameOf {
  const { host, port } = parseAuthority(text)!
  const name = port === null ? host : `${host}:${port}`
  return (client) =>
    client.host === null || (client.host === host && (port === null || client.port === port)) ? null : name
}

function compileWww(mode: 'add' | 'remove'): NameOf {
  return ({ host, port, protocol }) => {
    if (host === null || host.startsWith('[') || !host.includes('.') || /^[\d.]+$/.test(host)) return null
    if (host.startsWith('www.') === (mode === 'add')) return null
    const name = mode === 'add' ? `www.${host}` : host.slice(4)
    return port === (protocol === 'https' ? 443 : 80) ? name : `${name}:${port}`
  }
}
