// The small GET on a connection of its own each time: what accepting and closing one costs.

import smallGet from './small-get.js'

/** @type {import('../support/measure.js').Scenario} */
export default {
  ...smallGet,
  name: 'keep-alive-off',
  title: 'the small GET, each on a connection of its own, 64 at once',
  proxies: ['relay', 'edgewise-node', 'fastify-http-proxy', 'http-proxy-middleware', 'nginx', 'haproxy'],
  load: { ...smallGet.load, anew: true, request: { ...smallGet.load.request, fields: { Connection: 'close' } } },
}
