import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { attachUpgrade, type ServedGateway } from 'edgewise'
import { toNode } from 'edgewise/node'

/** A gateway on a real server, upgrades too, that closes with it. */
export interface Served<G extends ServedGateway> extends AsyncDisposable {
  readonly port: number
  readonly gateway: G
}

export async function served<G extends ServedGateway>(gateway: G): Promise<Served<G>> {
  const listener = toNode(gateway)
  const server = createServer(listener)
  attachUpgrade(server, listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    gateway,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await gateway.close({ graceMs: 0 })
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
