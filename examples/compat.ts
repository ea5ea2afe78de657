// An application that was written for http-proxy-middleware, with one import changed. Try it:
//   curl -i http://127.0.0.1:3000/api/hello
//   curl -X POST -H 'content-type: application/json' -d '{"a":1}' http://127.0.0.1:3000/api/orders
import type { AddressInfo } from 'node:net'
import { createProxyMiddleware, fixRequestBody } from 'edgewise/compat'
import express from 'express'
import { startService } from './support/service.js'

const proxy = createProxyMiddleware<express.Request, express.Response>({
  target: await startService('orders'),
  changeOrigin: true,
  ws: true,
  pathRewrite: { '^/hello': '/greeting' },
  on: {
    proxyReq: (proxyReq, req) => {
      proxyReq.setHeader('x-added', 'foobar')
      fixRequestBody(proxyReq, req)
    },
    proxyRes: (proxyRes) => {
      proxyRes.headers['x-seen'] = String(proxyRes.statusCode)
    },
    error: (error, req) => console.error(req.url, error.message),
  },
})

const app = express()
app.use(express.json())
app.use('/api', proxy)
const server = app.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  console.log(`http://127.0.0.1:${port}/api/hello`)
})

process.once('SIGTERM', async () => {
  server.close()
  await proxy.close()
})
