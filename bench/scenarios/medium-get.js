// A reply of 100 KB, as a long list or a script is.

import { MEDIUM_BYTES } from '../support/payload.js'
import smallGet from './small-get.js'

/** @type {import('../support/measure.js').Scenario} */
export default {
  ...smallGet,
  name: 'medium-get',
  title: 'GET, 100 KB reply, 64 keep-alive connections, three upstreams',
  proxies: ['relay', 'edgewise-node', 'fastify-http-proxy', 'http-proxy-middleware', 'nginx', 'haproxy'],
  load: {
    ...smallGet.load,
    request: { method: 'GET', path: '/api/files/medium.json' },
    expected: { status: 200, bytes: MEDIUM_BYTES },
  },
}
