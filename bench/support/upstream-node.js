// The upstream in Node, for machines without nginx and for uploads, whose every piece it checks.
// Three ports, one process. Its replies look like nginx's: the same 8 header fields, the same bodies.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { CACHE_FIELDS, fits, LARGE_BYTES, MEDIUM_BYTES, pieceAt, SMALL_BODY } from './payload.js'

const FIELDS = {
  Server: 'upstream',
  'Cache-Control': 'private, max-age=30',
  ETag: '"5f3c1b2a"',
  Vary: 'Accept-Encoding',
}

function answer(response, status, type, body, fields = {}) {
  response.writeHead(status, { ...FIELDS, ...fields, 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) })
  response.end(body)
}

function download(response, total) {
  response.writeHead(200, { ...FIELDS, 'Content-Type': 'application/octet-stream', 'Content-Length': total })
  let sent = 0
  const more = () => {
    while (sent < total && !response.destroyed) {
      const piece = pieceAt(sent, total)
      sent += piece.length
      if (!response.write(piece) && sent < total) return void response.once('drain', more)
    }
    response.end()
  }
  more()
}

function upload(request, response) {
  let received = 0
  let intact = true
  request.on('data', (piece) => {
    intact &&= fits(piece, received)
    received += piece.length
  })
  request.on('end', () => answer(response, intact ? 200 : 500, 'application/json', JSON.stringify({ received })))
}

/** How long the slow ones take. */
const SLOW_MS = 200

function listener(request, response) {
  if (request.url === '/api/files/medium.json') download(response, MEDIUM_BYTES)
  else if (request.url.startsWith('/api/files/')) download(response, LARGE_BYTES)
  else if (request.url === '/api/items/slow')
    setTimeout(() => answer(response, 200, 'application/json', SMALL_BODY), SLOW_MS)
  else if (request.url.startsWith('/api/uploads/')) upload(request, response)
  else if (request.url === '/healthz') answer(response, 200, 'application/json', '"ok"')
  else answer(response, 200, 'application/json', SMALL_BODY, CACHE_FIELDS[request.url])
}

const ports = []
for (let i = 0; i < 3; i++) {
  // No Keep-Alive field, and no idle connection closed under a proxy's request.
  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  ports.push(server.address().port)
}
process.on('disconnect', () => process.exit(0))
process.on('SIGINT', () => {}) // the runner decides
process.send({ ports })
