// The gateway that the Edgewise rows measure: a pool with active health and ten routes, as an application has them.

/**
 * @param {typeof import('../../dist/index.js')} edgewise the built library, handed in so that a missing build skips the row
 * @param {string[]} endpoints
 * @param {{
 *   http2?: boolean,
 *   transport?: import('../../dist/index.js').Transport,
 *   filters?: import('../../dist/index.js').Filter[],
 *   routes?: number,
 * }} options whether they speak cleartext HTTP/2; over what; what stands in front; how many routes there are
 */
export function createMeasuredGateway(
  { createGateway, createPool, forward, http2: overHttp2, roundRobin },
  endpoints,
  { http2 = false, transport = http2 ? overHttp2() : undefined, filters = [], routes = 10 } = {},
) {
  const pool = createPool({
    name: 'items',
    endpoints,
    balancer: roundRobin(),
    // As many probes a second, however many endpoints there are.
    health: { active: { ...(http2 ? { probe: 'tcp' } : { path: '/healthz' }), intervalMs: 667 * endpoints.length } },
  })
  const handler = forward({ pool, transport })
  const paths = [
    '/api/users/**',
    '/api/orders/**',
    '/api/carts/**',
    '/api/payments/**',
    '/api/search',
    '/api/files/**',
    '/api/uploads/**',
    '/api/items/**', // the measured one
    '/assets/**',
    '/status',
  ]
  for (let at = paths.length; at < routes; at++) paths.push(`/shop-${at}/items/**`)
  return createGateway({ filters, routes: paths.map((path) => ({ path, handler })) })
}
