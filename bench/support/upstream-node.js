// The upstream in Node, for machines without nginx and for uploads, whose every piece it checks.
// Three ports, one process. Its replies look like nginx's: the same 8 header fields, the same bodies.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { fits, LARGE_BYTES, pieceAt, SMALL_BODY } from './payload.js'

const FIELDS = {
  Server: 'upstream',
  'Cache-Control': 'private, max-age=30',
  ETag: '"5f3c1b2a"',
  Vary: 'Accept-Encoding',
}

function answer(response, status, type, body) {
  response.writeHead(status, { ...FIELDS, 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) })
  response.end(body)
}

function download(response) {
  response.writeHead(200, { ...FIELDS, 'Content-Type': 'application/octet-stream', 'Content-Length': LARGE_BYTES })
  let sent = 0
  const more = () => {
    while (sent < LARGE_BYTES && !response.destroyed) {
      const piece = pieceAt(sent, LARGE_BYTES)
      sent += piece.length
      if (!response.write(piece) && sent < LARGE_BYTES) return void response.once('drain', more)
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

function listener(request, response) {
  if (request.url.startsWith('/api/files/')) download(response)
  else if (request.url.startsWith('/api/uploads/')) upload(request, response)
  else answer(response, 200, 'application/json', request.url === '/healthz' ? '"ok"' : SMALL_BODY)
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
