// Edgewise on plain node:http.

import { createServer, type Server } from 'node:http'
import { attachUpgrade, createGateway, forward, hardenServer, type Transport } from 'edgewise'
import { toNode } from 'edgewise/node'

export interface Site {
  readonly target: string
  readonly prefix: string
}

export function serveOver({ target, prefix }: Site, transport: Transport): Server {
  const handler = forward(target, {
    transport,
    connectTimeoutMs: 1_000,
    firstByteTimeoutMs: 1_000,
    idleTimeoutMs: 1_000,
    handshakeTimeoutMs: 1_000,
    requestHeaders: { set: { 'x-tenant': 'edge' } },
  })
  const middleware = toNode(createGateway({ routes: [{ path: `${prefix}**`, handler }] }))
  const server = createServer(middleware)
  hardenServer(server)
  attachUpgrade(server, middleware)
  return server
}
