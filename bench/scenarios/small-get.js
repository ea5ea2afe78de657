// The everyday request: GET, 12 header fields, a 90-byte JSON reply with 8 header fields, 64 keep-alive connections.

import { SMALL_BODY } from '../support/payload.js'

/** @type {import('../support/measure.js').Scenario} */
export default {
  name: 'small-get',
  title: 'GET, 90-byte JSON reply, 64 keep-alive connections, three upstreams',
  proxies: [
    'relay',
    'edgewise-node',
    'edgewise-express',
    'http-proxy-3',
    'http-proxy-middleware',
    'http-proxy-middleware-express',
    'fastify-http-proxy',
    'hono-proxy',
    'nginx',
    'haproxy',
  ],
  upstream: 'fastest',
  windowMs: 2300,
  warmupMs: 2500,
  load: {
    connections: 64,
    request: { method: 'GET', path: '/api/items/42?page=2&sort=name' },
    expected: { status: 200, body: SMALL_BODY },
  },
  figure: { title: 'CPU µs/req', digits: 1, of: (round) => round.cpuUs / round.requests },
  columns: [
    { title: 'req/s', digits: 0, of: (round) => round.requests / round.seconds },
    { title: 'p50 ms', digits: 2, of: (round) => round.p50Ms },
    { title: 'p99 ms', digits: 2, of: (round) => round.p99Ms },
    { title: 'peak MiB', digits: 0, of: (round) => round.peakMiB, pick: 'max' },
  ],
}
