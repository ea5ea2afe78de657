// Requests of 10 MB over 16 connections. The upstream is Node's: it reads and checks every piece before it answers.

import { LARGE_BYTES } from '../support/payload.js'
import { streamingColumns, streamingFigure } from '../support/streaming-columns.js'

/** @type {import('../support/measure.js').Scenario} */
export default {
  name: 'upload',
  title: 'POST, 10 MB request, 16 keep-alive connections, three upstreams',
  proxies: ['relay', 'edgewise-node'],
  upstream: 'node',
  windowMs: 2300,
  warmupMs: 1500,
  load: {
    connections: 16,
    request: { method: 'POST', path: '/api/uploads/large.bin', bodyBytes: LARGE_BYTES },
    expected: { status: 200, body: JSON.stringify({ received: LARGE_BYTES }) },
  },
  figure: streamingFigure,
  columns: streamingColumns,
}
