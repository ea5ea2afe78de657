// The gateway that the Edgewise rows measure: a pool with active health and ten routes, as an application has them.

/**
 * @param {typeof import('../../dist/index.js')} edgewise the built library, handed in so that a missing build skips the row
 * @param {string[]} endpoints
 */
export function createMeasuredGateway({ createGateway, createPool, forward, roundRobin }, endpoints) {
  const pool = createPool({
    name: 'items',
    endpoints,
    balancer: roundRobin(),
    health: { active: { path: '/healthz', intervalMs: 2000 } },
  })
  const handler = forward({ pool })
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
  return createGateway({ routes: paths.map((path) => ({ path, handler })) })
}
