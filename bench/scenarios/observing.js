// The small GET with an access log, metrics and tracing, next to the same gateway without.

import smallGet from './small-get.js'

/** @type {import('../support/measure.js').Scenario} */
export default {
  ...smallGet,
  name: 'observing',
  title: 'GET, 90-byte JSON reply, logged, counted and traced, 64 keep-alive connections, three upstreams',
  proxies: ['relay', 'edgewise-node', 'edgewise-observed', 'edgewise-observed-otel'],
  // Until V8 has optimized so much more code: its threads' time counts, too.
  warmupMs: 8000,
}
