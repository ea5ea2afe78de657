// "Which path does my service get?" What stands behind the mount, behind the path of its own URL. Try it, also with /kept, /moved and /v1:
//   curl http://127.0.0.1:3000/api/users?page=2
import type { AddressInfo } from 'node:net'
import { forward } from 'edgewise'
import { toExpress } from 'edgewise/express'
import express from 'express'
import { startServer } from '../support/server.js'

const service = await startServer((req, res) => res.end(`${req.headers['x-forwarded-prefix']} ${req.url}\n`))
const mounts = {
  // /api/users → /users
  '/api': forward(service),
  // /kept/users → /kept/users: the path of the URL stands in front
  '/kept': forward(`${service}/kept`),
  // /moved/users → /people: rules see what is behind the mount
  '/moved': forward(service, { pathRewrite: { '^/users': '/people' } }),
  // /v1/users → /version/1/users: both together
  '/v1': forward(`${service}/version`, { pathRewrite: (path) => `/1${path}` }),
}

const app = express()
const proxies = Object.entries(mounts).map(([base, handler]) => {
  const proxy = toExpress(handler, { base })
  app.use(base, proxy)
  return proxy
})
const server = app.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/api/users?page=2`)
})

process.once('SIGTERM', async () => {
  server.close()
  await Promise.all(proxies.map((proxy) => proxy.close({ graceMs: 5_000 })))
})
