// http-proxy-middleware with a keep-alive agent and targets parsed once, on plain `node:http`.

import { Agent, createServer } from 'node:http'
import { createProxyMiddleware } from 'http-proxy-middleware'

/** @param {string[]} endpoints */
export function createMiddleware(endpoints) {
  const targets = endpoints.map((url) => new URL(url))
  let turn = 0
  return createProxyMiddleware({
    target: targets[0],
    router: () => {
      turn = (turn + 1) % targets.length
      return targets[turn]
    },
    agent: new Agent({ keepAlive: true }),
  })
}

/** @param {{ endpoints: string[] }} options */
export function createProxy({ endpoints }) {
  const middleware = createMiddleware(endpoints)
  return createServer((req, res) => middleware(req, res, () => res.writeHead(502).end()))
}
