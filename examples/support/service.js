// What the examples forward to: says its name, and echoes what WebSockets send. Ends with the process's SIGTERM.
import { once } from 'node:events'
import http from 'node:http'
import { WebSocketServer } from 'ws'

export async function startService(name) {
  const server = http.createServer((req, res) => {
    res.setHeader('content-type', 'application/json')
    res.end(JSON.stringify({ service: name, path: req.url, requestId: req.headers['x-request-id'] }))
  })
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) =>
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  process.once('SIGTERM', () => {
    for (const socket of sockets.clients) socket.close()
    server.close()
  })
  return `http://127.0.0.1:${server.address().port}`
}
