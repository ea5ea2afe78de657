// The same request through what an API gateway does with each: an id, CORS, address rules, an API key, a JWT that is known already, a rate
// limit, and the question whether to compress.

import { API_KEY, TOKEN } from '../support/credentials.js'
import smallGet from './small-get.js'

/** @type {import('../support/measure.js').Scenario} */
export default {
  ...smallGet,
  name: 'gateway-chain',
  title: 'GET, 90-byte JSON reply, with an API key and a JWT, 64 keep-alive connections, three upstreams',
  proxies: ['relay', 'edgewise-node', 'edgewise-chain'],
  // Until V8 has optimized so much more code: its threads' time counts, too.
  warmupMs: 8000,
  load: {
    ...smallGet.load,
    request: {
      ...smallGet.load.request,
      fields: { Authorization: `Bearer ${TOKEN}`, 'X-Api-Key': API_KEY, Origin: 'https://shop.example' },
    },
  },
}
