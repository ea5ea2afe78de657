// A POST of 200 bytes, as forms and API calls are. The upstream is Node's: it reads what it is sent.

import smallGet from './small-get.js'

const BYTES = 200

/** @type {import('../support/measure.js').Scenario} */
export default {
  ...smallGet,
  name: 'small-post',
  title: `POST, ${BYTES}-byte request, short JSON reply, 64 keep-alive connections, three upstreams`,
  proxies: ['relay', 'edgewise-node', 'fastify-http-proxy', 'http-proxy-middleware', 'nginx', 'haproxy'],
  upstream: 'node',
  load: {
    ...smallGet.load,
    request: { method: 'POST', path: '/api/uploads/form', bodyBytes: BYTES },
    expected: { status: 200, body: JSON.stringify({ received: BYTES }) },
  },
}
