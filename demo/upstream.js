// One upstream: says who it is, echoes WebSocket messages, takes uploads, gives downloads. Can be switched off and on again.
import { once } from 'node:events'
import http from 'node:http'
import { Readable } from 'node:stream'
import { WebSocketServer } from 'ws'
import { fingerprint, payload } from './payload.js'

/** @param {string} name */
export async function startUpstream(name) {
  let port = 0
  let stop = await listen()
  return {
    name,
    get url() {
      return `http://127.0.0.1:${port}`
    },
    /** Closes the server and cuts every connection, as a crash would. */
    off: () => stop(),
    /** Opens it again on the same port. */
    on: async () => {
      stop = await listen()
    },
  }

  async function listen() {
    const server = http.createServer((req, res) => answer(name, req, res))
    const sockets = new WebSocketServer({ server })
    sockets.on('connection', (socket) => {
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
      socket.on('error', () => {})
    })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    port = server.address().port
    return async () => {
      for (const socket of sockets.clients) socket.terminate()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    }
  }
}

async function answer(name, req, res) {
  const url = new URL(req.url, 'http://upstream')
  if (url.pathname === '/upload') {
    try {
      return json(res, { upstream: name, ...(await fingerprint(req)) })
    } catch {
      return res.destroy()
    }
  }
  if (url.pathname === '/download') {
    const bytes = Math.min(Number(url.searchParams.get('bytes') ?? 1024) || 0, 1 << 30)
    res.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes, 'x-upstream': name })
    return Readable.from(payload(bytes)).pipe(res)
  }
  json(res, { upstream: name, path: url.pathname })
}

function json(res, value) {
  const text = `${JSON.stringify(value)}\n`
  res.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text)
}
