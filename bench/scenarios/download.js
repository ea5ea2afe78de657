// Replies of 10 MB over 16 connections: what a byte costs, and whether memory stays flat.

import { LARGE_BYTES } from '../support/payload.js'
import { streamingColumns, streamingFigure } from '../support/streaming-columns.js'

/** @type {import('../support/measure.js').Scenario} */
export default {
  name: 'download',
  title: 'GET, 10 MB reply, 16 keep-alive connections, three upstreams',
  proxies: ['relay', 'edgewise-node', 'nginx'],
  upstream: 'fastest',
  windowMs: 2300,
  warmupMs: 1500,
  load: {
    connections: 16,
    request: { method: 'GET', path: '/api/files/large.bin' },
    expected: { status: 200, bytes: LARGE_BYTES },
  },
  figure: streamingFigure,
  columns: streamingColumns,
}
