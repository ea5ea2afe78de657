import type { Handler } from './filter.js'
import { createForwarder } from './forwarding/forward.js'
import type { ForwardOptions } from './forwarding/forward-options.js'
import { check, optionError } from './options.js'
import { createPool } from './pool.js'
import { checkEndpoint } from './upstream/address.js'

/**
 * Sends exchanges to a pool; or to one address, through a pool of its own that ends with the gateway. See {@link ForwardOptions}.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * app.use(toExpress(forward('http://127.0.0.1:3000')))
 * app.use('/users', toExpress(forward({ pool: users, changeOrigin: true }), { base: '/users' }))
 * ```
 */
export function forward(to: string | URL | ForwardOptions, options: Omit<ForwardOptions, 'pool'> = {}): Handler {
  if (typeof to !== 'string' && !(to instanceof URL)) return createForwarder(to)
  checkEndpoint(to, 'forward')
  // Spread below, null and 5 would pass for no options.
  const wrong = check.object(options)
  if (wrong !== undefined) throw optionError('forward', 'options', options, wrong)
  const pool = createPool({ name: String(to), endpoints: [to] })
  return Object.assign(createForwarder({ ...options, pool }), { close: () => pool.close() })
}
