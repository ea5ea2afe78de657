import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { attachUpgrade, createGateway, forward, hardenServer, http1, httpProxy, type Transport } from 'edgewise'
import { toNode } from 'edgewise/node'

/** One server: everything is forwarded to `port`, and nothing is configured that has a default. */
function gatewayTo(port: number, transport: Transport): { readonly server: Server; readonly upgrades: () => void } {
  const gateway = createGateway({
    routes: [{ path: '/**', handler: forward(`http://127.0.0.1:${port}`, { transport }) }],
  })
  const listener = toNode(gateway)
  const server = createServer(listener)
  // Node alone answers bytes that it can't read in place of a reply that is still under way.
  hardenServer(server)
  return { server, upgrades: () => attachUpgrade(server, listener) }
}

const [first = 0, second = 0] = process.argv.slice(2).map(Number)
const served = gatewayTo(first, http1())
served.upgrades()
// And one that upgrades do not come to.
const servers = [served.server, gatewayTo(second, httpProxy()).server]
for (const server of servers) {
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
}
process.send!({ port: -1, ports: servers.map((server) => (server.address() as AddressInfo).port) })
