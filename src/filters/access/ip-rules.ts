import type { Exchange } from '../../exchange.js'
import type { Filter } from '../../filter.js'
import { type AddressList, addressList } from '../../http/address-list.js'
import { check, checkOptions, optionError } from '../../options.js'
import { type DenialOptions, denier, guard } from '../denial.js'

export interface IpRulesOptions extends DenialOptions {
  /** Who may pass; all others are denied then. Entries as in {@link addressList}, or such a list. @default everybody */
  readonly allow?: readonly string[] | AddressList | undefined
  /** Who may not, even if allowed: deny wins. @default nobody */
  readonly deny?: readonly string[] | AddressList | undefined
}

/**
 * Lets clients pass by their address, as NGINX's `allow` and `deny` or Apache's `Require ip`: whoever is on `deny` is answered with
 * 403, and so is whoever is not on `allow`, where there is one.
 *
 * The address is the client's after the trusted-proxy walk: behind a proxy that is not in `trustedProxies` it is that proxy's. A list
 * made with {@link addressList} can be replaced while in use; an empty `allow` lets nobody pass.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const office = ipRules({ allow: ['192.0.2.0/24', '2001:db8:12::/48'], deny: ['192.0.2.66'] })
 * const gateway = createGateway({ routes: [{ path: '/admin/**', filters: [office], handler: admin }] })
 * ```
 */
export function ipRules(options: IpRulesOptions): Filter {
  const entries = check.either(check.strings, isList)
  checkOptions('ipRules', options, { allow: entries, deny: entries, events: check.object })
  const { allow, deny } = options
  if (allow === undefined && deny === undefined)
    throw optionError('ipRules', 'allow', undefined, 'a list here, or as "deny"')
  const allowed = allow === undefined ? null : toList(allow)
  const denied = toList(deny ?? [])
  return guard('ipRules', denier('ipRules', 403, options.events), (exchange) => judge(exchange, allowed, denied))
}

function judge({ client, cancel }: Exchange, allowed: AddressList | null, denied: AddressList): string | null {
  const { address } = client
  // A socket that is gone has no address any more; it must not be taken for one that never had any, a Unix socket (H-140).
  if (address === '' && cancel.aborted) return 'the client left before its address was known'
  const shown = address === '' ? 'a peer without address' : address
  if (denied.has(address)) return `${shown} is on the deny list`
  return allowed === null || allowed.has(address) ? null : `${shown} is not on the allow list`
}

/** A list made of entries, or as it is. */
export function toList(entries: readonly string[] | AddressList): AddressList {
  return 'has' in entries ? entries : addressList(entries)
}

/** A check for options. */
export function isList(value: unknown): string | undefined {
  const { has, replace } = (value ?? {}) as Partial<AddressList>
  return typeof has === 'function' && typeof replace === 'function' ? undefined : 'a list made with addressList()'
}
