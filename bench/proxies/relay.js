// The floor: the cheapest correct relay on Node that we know how to write. undici `dispatch()` over one Pool per
// endpoint, round robin, straight to `res`. No routing, no health, no retry, no limits, no logs.

import { createServer } from 'node:http'
import { Pool } from 'undici'

/** Connection-level fields; `expect` because undici refuses it. */
const HOP_BY_HOP = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** @param {{ endpoints: string[] }} options */
export function createProxy({ endpoints }) {
  const pools = endpoints.map((url) => new Pool(url, { headersTimeout: 0, bodyTimeout: 0 }))
  let turn = 0

  return createServer((req, res) => {
    turn = (turn + 1) % pools.length
    const hasBody = req.headers['content-length'] !== undefined || req.headers['transfer-encoding'] !== undefined
    pools[turn].dispatch(
      { path: req.url, method: req.method, headers: requestHeaders(req), body: hasBody ? req : null },
      new Relay(req, res),
    )
  })
}

/** Writes one upstream reply to `res`. */
class Relay {
  constructor(req, res) {
    this.req = req
    this.res = res
    this.controller = null
    this.waits = false
    res.on('close', () => this.onClientClose())
  }

  onRequestStart(controller) {
    this.controller = controller
    if (this.res.destroyed) controller.abort(new Error('client left'))
  }

  onResponseStart(_controller, status, headers, statusText) {
    if (status < 200) return
    const fields = replyHeaders(headers)
    if (!this.req.complete) fields.push('connection', 'close') // an early reply: the rest of the request is not read
    this.res.writeHead(status, statusText, fields)
  }

  onResponseData(controller, chunk) {
    if (this.res.write(chunk) || this.waits) return
    this.waits = true
    controller.pause()
    this.res.once('drain', () => {
      this.waits = false
      controller.resume()
    })
  }

  onResponseEnd() {
    this.res.end()
  }

  onResponseError() {
    if (this.res.headersSent) this.res.destroy()
    else if (!this.res.destroyed) this.res.writeHead(502).end()
  }

  onClientClose() {
    if (!this.res.writableFinished) this.controller?.abort(new Error('client left'))
  }
}

function requestHeaders({ rawHeaders, headers }) {
  const nominated = nominations(headers.connection)
  const fields = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i].toLowerCase()
    if (!HOP_BY_HOP.has(name) && !nominated?.has(name)) fields.push(rawHeaders[i], rawHeaders[i + 1])
  }
  return fields
}

function replyHeaders(headers) {
  const nominated = nominations(headers.connection)
  const fields = []
  for (const name in headers) {
    if (!HOP_BY_HOP.has(name) && !nominated?.has(name)) fields.push(name, headers[name])
  }
  return fields
}

/** The fields that Connection names as its own; almost always none. */
function nominations(connection) {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return null
  return new Set(
    String(connection)
      .toLowerCase()
      .split(/[\s,]+/),
  )
}
