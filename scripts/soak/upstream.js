// An upstream of the soak: `upstream.js NAME PORT HTTP2PORT`. Says in each reply who it is and whose request it answers.

import { createHash } from 'node:crypto'
import http from 'node:http'
import http2 from 'node:http2'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocketServer } from 'ws'
import { answer } from './ipc.js'
import { payload } from './payload.js'

const [name, port, http2Port] = process.argv.slice(2)
const LISTEN_TRIES = 100

const server = http.createServer(respond)
// As upstreams do: it closes what is idle for 5 s, so that the gateway meets connections that are about to go.
const cleartext = http2.createServer(respond)
const sockets = new WebSocketServer({ server, maxPayload: 1024 * 1024 })
sockets.on('headers', (lines) => lines.push(`x-upstream: ${name}`))
sockets.on('connection', (socket) => {
  socket.on('error', () => {})
  socket.on('message', (data, binary) => socket.send(data, { binary }))
})

const listening = Promise.all([listen(server, Number(port)), listen(cleartext, Number(http2Port))])
answer({
  ready: () => listening.then(() => ({ ready: true })),
  connections: async () => (await connections(server)) + (await connections(cleartext)),
})

async function respond(req, res) {
  res.on('error', () => {})
  req.on('error', () => {})
  const { pathname, searchParams: query } = new URL(req.url, 'http://soak')
  const kind = pathname.slice(pathname.lastIndexOf('/') + 1)
  res.setHeader('x-upstream', name)
  if (query.has('id')) res.setHeader('x-id', query.get('id'))
  try {
    await (kinds[kind] ?? kinds.missing)(req, res, query)
  } catch {
    // The other side has left; what is left of the reply is nobody's.
    res.destroy()
  }
}

const kinds = {
  healthz: (_req, res) => res.end('ok'),
  missing(_req, res) {
    res.statusCode = 404
    res.end()
  },
  async get(req, res, query) {
    const size = Number(query.get('size') ?? 0)
    res.setHeader('content-type', query.get('type') ?? 'application/octet-stream')
    if (query.get('framing') !== 'chunked') res.setHeader('content-length', size)
    if (query.has('late')) await delay(Number(query.get('late')))
    if (req.method === 'HEAD') return res.end()
    // A cached reply is anybody's: its bytes follow from its key.
    for (const piece of payload(query.get('key') ?? query.get('id'), size)) await write(res, piece)
    res.end()
  },
  async cached(req, res, query) {
    res.removeHeader('x-id')
    res.setHeader('cache-control', `max-age=${query.get('age')}`)
    await kinds.get(req, res, query)
  },
  async put(req, res) {
    const hash = createHash('sha1')
    for await (const piece of req) hash.update(piece)
    res.end(hash.digest('hex'))
  },
  async events(_req, res, query) {
    res.setHeader('content-type', 'text/event-stream')
    for (let at = 0; at < Number(query.get('count')); at++) {
      await write(res, `id: ${at}\ndata: ${query.get('id')}\n\n`)
      await delay(Number(query.get('gap')))
    }
    res.end()
  },
}

/** Waits for room; rejects when the client has gone, whichever comes first. */
function write(res, piece) {
  if (res.destroyed) throw new Error('gone')
  if (res.write(piece)) return
  return new Promise((resolve, reject) => {
    const done = (settle) => () => {
      res.off('drain', drained)
      res.off('close', closed)
      settle()
    }
    const drained = done(resolve)
    const closed = done(() => reject(new Error('gone')))
    res.on('drain', drained)
    res.on('close', closed)
  })
}

/** A port that was given up a moment ago may be somebody's still. */
async function listen(each, at) {
  for (let tries = 1; ; tries++) {
    try {
      await new Promise((resolve, reject) => {
        each.once('error', reject)
        each.listen(at, '127.0.0.1', () => {
          each.off('error', reject)
          resolve()
        })
      })
      return
    } catch (error) {
      if (tries === LISTEN_TRIES) throw error
      await delay(50)
    }
  }
}

function connections(each) {
  return new Promise((resolve) => each.getConnections((_error, count) => resolve(count)))
}
