// http-proxy-3: error listener, timeouts and xfwd as its README has them, headers set in the hooks it shows, a keep-alive agent as under load.

import { Agent, createServer } from 'node:http'
import { createProxyServer } from 'http-proxy-3'

/** @param {{ target: string, prefix: string, timeoutMs: number }} site */
export function serve({ target, prefix, timeoutMs }) {
  return serveWith({ target, prefix, timeoutMs, agent: new Agent({ keepAlive: true }) })
}

/** @param {{ target: string, prefix: string, timeoutMs: number, agent?: Agent }} site */
export function serveWith({ target, prefix, timeoutMs, agent }) {
  const proxy = createProxyServer({
    target,
    agent,
    xfwd: true,
    timeout: 1.5 * timeoutMs,
    proxyTimeout: timeoutMs,
    connectTimeout: timeoutMs,
  })
  proxy.on('proxyReq', (proxyReq) => proxyReq.setHeader('X-Tenant', 'edge'))
  proxy.on('proxyReqWs', (proxyReq) => proxyReq.setHeader('X-Tenant', 'edge'))
  proxy.on('error', (_error, _req, res) => {
    if (!('writeHead' in res) || res.headersSent) return res.destroy()
    res.writeHead(502, { 'Content-Type': 'text/plain' })
    res.end('Something went wrong.')
  })
  const server = createServer((req, res) => {
    if (lets(prefix, req)) proxy.web(req, res)
    else res.writeHead(404).end()
  })
  server.on('upgrade', (req, socket, head) => {
    if (lets(prefix, req)) proxy.ws(req, socket, head)
    else socket.destroy()
  })
  return server
}

/** The README's custom server logic: what this application lets through. */
function lets(prefix, { url }) {
  return prefix === '/' || url.startsWith(prefix)
}
