// The small GET through one process and through several on one port. On one core: what is compared is what each request costs.

import smallGet from './small-get.js'

/** @type {import('../support/measure.js').Scenario} */
export default {
  ...smallGet,
  name: 'workers',
  title: 'the small GET through one process, and through workers that share a port and a core',
  proxies: ['edgewise-node', 'edgewise-cluster-1', 'edgewise-cluster-2', 'edgewise-reuseport-2'],
  warmupMs: 6000,
}
