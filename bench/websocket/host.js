// One proxy in a process of its own: `node bench/websocket/host.js NAME UPSTREAM-PORT`.
import { once } from 'node:events'
import http from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { pipeTo } from '../support/pipe.js'

const PROXIES = {
  pipe: pipeTo,
  async edgewise(port) {
    const { attachUpgrade, createGateway, createPool, forward } = await import('../../dist/index.js')
    const { toNode } = await import('../../dist/adapters/node.js')
    const pool = createPool({ name: 'far', endpoints: [`http://127.0.0.1:${port}`], maxConnections: 1_000_000 })
    const middleware = toNode(createGateway({ routes: [{ path: '/**', handler: forward({ pool }) }] }))
    const server = http.createServer(middleware)
    attachUpgrade(server, middleware)
    return server
  },
  async 'edgewise-blind'(port) {
    const { FrameTracker } = await import('../../dist/inside.js')
    FrameTracker.prototype.read = () => {}
    return PROXIES.edgewise(port)
  },
  async 'http-proxy-3'(port) {
    const { createProxyServer } = await import('http-proxy-3')
    const proxy = createProxyServer({ target: `http://127.0.0.1:${port}`, ws: true })
    proxy.on('error', () => {})
    const server = http.createServer()
    server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => {})
      proxy.ws(request, socket, head)
    })
    return server
  },
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')
process.on('disconnect', () => process.exit(0))
process.on('message', () => {
  collect()
  collect()
  process.send('collected')
})
const [name, port] = process.argv.slice(2)
const server = await PROXIES[name](Number(port))
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
await once(server, 'listening')
process.send(server.address().port)
