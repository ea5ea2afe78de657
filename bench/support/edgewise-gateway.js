// The gateway that the Edgewise rows measure: a pool with active health and ten routes, as an application has them.

/**
 * @param {typeof import('../../dist/index.js')} edgewise the built library, handed in so that a missing build skips the row
 * @param {string[]} endpoints
 * @param {{ http2?: boolean, filters?: import('../../dist/index.js').Filter[] }} options whether they speak cleartext HTTP/2; what stands in front
 */
export function createMeasuredGateway(
  { createGateway, createPool, forward, http2: overHttp2, roundRobin },
  endpoints,
  { http2 = false, filters = [] } = {},
) {
  const pool = createPool({
    name: 'items',
    endpoints,
    balancer: roundRobin(),
    health: { active: { ...(http2 ? { probe: 'tcp' } : { path: '/healthz' }), intervalMs: 2000 } },
  })
  const handler = forward({ pool, ...(http2 ? { transport: overHttp2() } : {}) })
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
  return createGateway({ filters, routes: paths.map((path) => ({ path, handler })) })
}
