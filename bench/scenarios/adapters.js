// Edgewise in each framework, beside the framework alone. What is to be looked at is the difference: it is to be no more than 1.1 relays.

import smallGet from './small-get.js'

const FRAMEWORKS = ['express', 'koa', 'fastify', 'hono']

/** @type {import('../support/measure.js').Scenario} */
export default {
  ...smallGet,
  name: 'adapters',
  title: 'the small GET through Edgewise in each framework, and answered by the framework alone',
  proxies: ['relay', 'edgewise-node', ...FRAMEWORKS.flatMap((name) => [`alone-${name}`, `edgewise-${name}`])],
  warmupMs: 4000,
}
