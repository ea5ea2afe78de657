// The small GET through gateways that have grown: what routes and endpoints cost that a request has nothing to do with.

import smallGet from './small-get.js'

/** @type {import('../support/measure.js').Scenario} */
export default {
  ...smallGet,
  name: 'size',
  title: 'the small GET with 10 routes and 3 endpoints, 1,000 and 10,000 routes, and 1,000 endpoints',
  proxies: [
    'edgewise-node',
    'edgewise-1000-routes',
    'edgewise-10000-routes',
    'edgewise-1000-endpoints',
    'relay',
    'relay-1000-endpoints',
  ],
  warmupMs: 4000,
}
