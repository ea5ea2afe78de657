// No proxy at all: what `node:http2` itself costs for a request that its listener answers at once, with a reply like the upstream's.

import { createServer } from 'node:http2'
import { SMALL_BODY } from '../support/payload.js'

const FIELDS = {
  'content-type': 'application/json',
  'content-length': Buffer.byteLength(SMALL_BODY),
  'cache-control': 'private, max-age=30',
  etag: '"5f3c1b2a"',
  vary: 'Accept-Encoding',
}

export function createProxy() {
  return createServer((_req, res) => {
    res.writeHead(200, FIELDS)
    res.end(SMALL_BODY)
  })
}
