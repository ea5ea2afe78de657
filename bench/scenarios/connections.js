// The small GET over a thousand connections, all of which have a request under way.

import smallGet from './small-get.js'

/** @type {import('../support/measure.js').Scenario} */
export default {
  ...smallGet,
  name: 'connections',
  title: 'the small GET over 1,000 keep-alive connections',
  proxies: ['relay', 'edgewise-node', 'fastify-http-proxy', 'http-proxy-middleware', 'nginx', 'haproxy'],
  load: { ...smallGet.load, connections: 1_000 },
}
