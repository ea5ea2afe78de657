import type { Handler } from './filter.js'
import { createForwarder } from './forwarding/forward.js'
import type { ForwardOptions } from './forwarding/forward-options.js'
import { check, optionError } from './options.js'
import { createPool } from './pool.js'
import { checkEndpoint } from './upstream/address.js'

const WANTED = "a URL, as 'http://127.0.0.1:3000'; or options with a pool"

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
  if (typeof to !== 'string' && !(to instanceof URL)) {
    if (check.object(to) !== undefined) throw optionError('forward', 'to', to, WANTED)
    return createForwarder(to)
  }
  if (!/^(?:https?:\/\/|unix:)/i.test(String(to))) throw optionError('forward', 'to', String(to), WANTED)
  checkEndpoint(to, 'forward')
  // Spread below, null and 5 would pass for no options.
  const wrong = check.object(options)
  if (wrong !== undefined) throw optionError('forward', 'options', options, wrong)
  const pool = createPool({ name: String(to), endpoints: [to] })
  return Object.assign(createForwarder({ ...options, pool }), { close: () => pool.close() })
}
