import type { Exchange } from '../../exchange.js'
import type { Filter } from '../../filter.js'
import { check, checkOptions, optionError } from '../../options.js'
import { aboveBase, type RedirectStatus, redirectStatus } from './redirect-reply.js'
import { redirecting } from './redirecting.js'

export interface TrailingSlashOptions {
  /** Whether paths have a slash at their end, but for those whose last segment looks like a file's; or none. */
  readonly mode: 'add' | 'remove'
  /** Of the redirect. @default 308 */
  readonly status?: RedirectStatus | undefined
  /** Requests to let through as they came. @default none */
  readonly skip?: ((exchange: Exchange) => boolean) | undefined
}

/**
 * Sends GET and HEAD requests to the one form of their path. The root stays as it is, and what it sends to is always a path of the
 * same host (H-045).
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * createGateway({ filters: [trailingSlash({ mode: 'remove' })], routes })
 * ```
 */
export function trailingSlash(options: TrailingSlashOptions): Filter {
  checkOptions('trailingSlash', options, {
    mode: check.oneOf('add', 'remove'),
    status: redirectStatus,
    skip: check.function,
  })
  const { mode, status = 308, skip } = options
  if (mode === undefined) throw optionError('trailingSlash', 'mode', mode, "'add' or 'remove'")
  const otherForm = mode === 'add' ? added : removed
  const elsewhere = (exchange: Exchange): string | null => {
    const { method, upgrade, target } = exchange
    if ((method !== 'GET' && method !== 'HEAD') || upgrade !== null) return null
    const path = otherForm(target.path)
    return path === null || skip?.(exchange) === true ? null : aboveBase(exchange, path + target.query)
  }
  return redirecting('trailingSlash', status, elsewhere, 'the path has its form')
}

function added(path: string): string | null {
  return path.endsWith('/') || path.lastIndexOf('.') > path.lastIndexOf('/') ? null : `${path}/`
}

function removed(path: string): string | null {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : null
}
