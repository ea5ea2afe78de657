import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createProxyServer } from 'http-proxy-3'

// http-proxy-3 as published, which says `content-length: 0` of a chunked DELETE and then sends its chunks (H-001).
const proxy = createProxyServer({ target: `http://127.0.0.1:${process.argv[2]}` })
proxy.on('proxyReq', (request, req) => void request.setHeader('x-forwarded-for', req.socket.remoteAddress ?? ''))
proxy.on('error', (_error, _req, res) => void res.destroy())
const server = createServer((req, res) => void proxy.web(req, res)).listen(0, '127.0.0.1', () => {
  process.send!((server.address() as AddressInfo).port)
})
