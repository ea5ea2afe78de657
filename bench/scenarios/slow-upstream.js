// The small GET with an upstream that takes 200 ms: a thousand requests are in flight, and the proxy has time to spare.

import smallGet from './small-get.js'

/** @type {import('../support/measure.js').Scenario} */
export default {
  ...smallGet,
  name: 'slow-upstream',
  title: 'the small GET, 1,000 in flight, three upstreams that take 200 ms',
  proxies: ['relay', 'edgewise-node', 'fastify-http-proxy', 'http-proxy-middleware', 'nginx', 'haproxy'],
  upstream: 'node',
  load: {
    ...smallGet.load,
    connections: 1_000,
    request: { method: 'GET', path: '/api/items/slow' },
  },
}
