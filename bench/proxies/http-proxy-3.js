// http-proxy-3 with a keep-alive agent and targets parsed once.

import { Agent, createServer } from 'node:http'
import httpProxy from 'http-proxy-3'

/** @param {{ endpoints: string[] }} options */
export function createProxy({ endpoints }) {
  const targets = endpoints.map((url) => new URL(url))
  const proxy = httpProxy.createProxyServer({ agent: new Agent({ keepAlive: true }) })
  let turn = 0
  proxy.on('error', (_error, _req, res) => {
    if (!res.headersSent) res.writeHead?.(502)
    res.end()
  })
  return createServer((req, res) => {
    turn = (turn + 1) % targets.length
    proxy.web(req, res, { target: targets[turn] })
  })
}
