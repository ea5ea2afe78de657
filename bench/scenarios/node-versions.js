// The small GET under each version of Node that Edgewise runs on; `node scripts/node-matrix.js --install` fetches the others.

import smallGet from './small-get.js'

/** @type {import('../support/measure.js').Scenario} */
export default {
  ...smallGet,
  name: 'node-versions',
  title: 'the small GET under other versions of Node',
  proxies: ['relay', 'edgewise-node', 'relay@22', 'edgewise-node@22', 'relay@26', 'edgewise-node@26'],
  warmupMs: 4000,
}
