// http-proxy-middleware on Express 5, as in its README, with its own error plugin, timeouts, xfwd and upgrades subscribed by hand.

import { createServer } from 'node:http'
import express from 'express'
import { createProxyMiddleware } from 'http-proxy-middleware'

/** @param {{ target: string, prefix: string, timeoutMs: number }} site */
export function serve({ target, prefix, timeoutMs }) {
  const setHeader = (proxyReq) => proxyReq.setHeader('X-Tenant', 'edge')
  const middleware = createProxyMiddleware({
    target,
    ...(prefix === '/' ? {} : { pathFilter: `${prefix}**` }),
    xfwd: true,
    timeout: 1.5 * timeoutMs,
    proxyTimeout: timeoutMs,
    upgradeTimeout: timeoutMs,
    on: { proxyReq: setHeader, proxyReqWs: setHeader },
  })
  const app = express()
  app.use(middleware)
  const server = createServer(app)
  server.on('upgrade', middleware.upgrade)
  return server
}
