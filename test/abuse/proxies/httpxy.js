// httpxy: what it rejects with is caught as in its README, timeouts and xfwd are set, its own keep-alive agent.

import { createServer } from 'node:http'
import { createProxyServer } from 'httpxy'

/** @param {{ target: string, prefix: string, timeoutMs: number }} site */
export function serve({ target, prefix, timeoutMs }) {
  const proxy = createProxyServer({
    target,
    xfwd: true,
    timeout: 1.5 * timeoutMs,
    proxyTimeout: timeoutMs,
    upgradeTimeout: timeoutMs,
  })
  proxy.on('proxyReq', (proxyReq) => proxyReq.setHeader('X-Tenant', 'edge'))
  proxy.on('proxyReqWs', (proxyReq) => proxyReq.setHeader('X-Tenant', 'edge'))
  proxy.on('error', (_error, _req, res) => failed(res))
  const server = createServer(async (req, res) => {
    if (prefix !== '/' && !req.url.startsWith(prefix)) return res.writeHead(404).end()
    try {
      await proxy.web(req, res)
    } catch {
      failed(res)
    }
  })
  server.on('upgrade', async (req, socket, head) => {
    if (prefix !== '/' && !req.url.startsWith(prefix)) return socket.destroy()
    try {
      await proxy.ws(req, socket, {}, head)
    } catch {
      // It ends the socket itself; a refusal may still be on its way to the client.
    }
  })
  return server
}

function failed(res) {
  if (!res) return
  if (!('writeHead' in res) || res.headersSent) return res.destroy()
  res.writeHead(502, { 'Content-Type': 'text/plain' })
  res.end('Proxy error')
}
