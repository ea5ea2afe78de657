// The small GET over each transport.

import smallGet from './small-get.js'

/** @type {import('../support/measure.js').Scenario} */
export default {
  ...smallGet,
  name: 'transports',
  title: 'the small GET over each transport',
  proxies: ['relay', 'edgewise-node', 'edgewise-undici', 'edgewise-http-proxy'],
}
