import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createH2cServer, createSecureServer } from 'node:http2'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server as NetServer } from 'node:net'
import { createGateway, EventHub, type Gateway, type GatewayOptions, type Handler, reply } from 'edgewise'
import { certificates } from '../../support/index.js'

/** A handler that answers when told. */
export function held(): { readonly handler: Handler; open(): void } {
  const gate = Promise.withResolvers<void>()
  const handler = async () => {
    await gate.promise
    return reply(200, 'done')
  }
  return { handler, open: () => gate.resolve() }
}

/** A gateway with a hub of its own. */
export function gatewayOf(routes: GatewayOptions['routes'], options: Partial<GatewayOptions> = {}): Gateway {
  return createGateway({ events: new EventHub(), routes, ...options })
}

/** A server of each kind that speaks HTTP. */
export const kinds: Readonly<Record<'http' | 'https' | 'h2c' | 'h2', (listener: unknown) => Server>> = {
  http: (listener) => createServer(listener as RequestListener),
  https: (listener) => createTlsServer(certificates(), listener as RequestListener),
  h2c: (listener) => createH2cServer(listener as never) as unknown as Server,
  h2: (listener) => createSecureServer({ ...certificates(), allowHTTP1: true }, listener as never) as unknown as Server,
}

export async function listening(server: NetServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

export const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
