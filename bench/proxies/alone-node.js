// `node:http` answering by itself: what a request costs before anything is proxied.

import { createServer } from 'node:http'
import { SMALL_BODY } from '../support/payload.js'

const FIELDS = {
  'Content-Type': 'application/json',
  'Content-Length': Buffer.byteLength(SMALL_BODY),
  'Cache-Control': 'public, max-age=3600',
  ETag: '"5f3c1b2a"',
}

export function createProxy() {
  return createServer((_request, response) => response.writeHead(200, FIELDS).end(SMALL_BODY))
}
