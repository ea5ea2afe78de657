// Edgewise on plain node:http.

import { createServer, type Server } from 'node:http'
import { attachUpgrade, createGateway, forward, hardenServer, type Transport } from 'edgewise'
import { toNode } from 'edgewise/node'

export interface Site {
  readonly target: string
  readonly prefix: string
  readonly timeoutMs: number
}

export function serveOver({ target, prefix, timeoutMs }: Site, transport: Transport): Server {
  const handler = forward(target, {
    transport,
    connectTimeoutMs: timeoutMs,
    firstByteTimeoutMs: timeoutMs,
    idleTimeoutMs: timeoutMs,
    handshakeTimeoutMs: timeoutMs,
    requestHeaders: { set: { 'x-tenant': 'edge' } },
  })
  const middleware = toNode(createGateway({ routes: [{ path: `${prefix}**`, handler }] }))
  const server = createServer(middleware)
  hardenServer(server)
  attachUpgrade(server, middleware)
  return server
}
