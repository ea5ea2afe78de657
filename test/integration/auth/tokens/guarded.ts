import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  attachUpgrade,
  createGateway,
  type EdgeEvents,
  EventHub,
  type Filter,
  type Handler,
  principalOf,
  reply,
} from 'edgewise'
import { toNode } from 'edgewise/node'
import { ask } from '../../../adapters/contract/kit.js'
import type { WireReply } from '../../../support/index.js'

/** A gateway behind one filter, on a real server, and why it denied. */
export interface Guarded extends AsyncDisposable {
  readonly port: number
  readonly whys: readonly string[]
  readonly keys: readonly EdgeEvents['keys'][]
  /** What the filter says to a token, on a connection of its own. */
  ask(token: string): Promise<WireReply>
  status(token: string): Promise<number>
}

/** Says who asked, and with what. */
const describe: Handler = async (exchange) =>
  reply(200, JSON.stringify({ principal: principalOf(exchange), url: exchange.wire.href, headers: exchange.headers }))

export interface GuardedOptions {
  readonly handler?: Handler
  /** Of a head. @default Node's */
  readonly maxHeaderSize?: number
}

export async function guarded(make: (events: EventHub) => Filter, options: GuardedOptions = {}): Promise<Guarded> {
  const { handler = describe, maxHeaderSize } = options
  const events = new EventHub()
  const whys: string[] = []
  const keys: EdgeEvents['keys'][] = []
  events.on('denied', ({ why }) => whys.push(why))
  events.on('keys', (event) => keys.push(event))
  const gateway = createGateway({ events, routes: [{ path: '/**', filters: [make(events)], handler }] })
  const listener = toNode(gateway)
  const server: Server = createServer(maxHeaderSize === undefined ? {} : { maxHeaderSize }, listener)
  attachUpgrade(server, listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const say = (token: string): Promise<WireReply> => ask(port, '/x', { fields: `Authorization: Bearer ${token}\r\n` })
  return {
    port,
    whys,
    keys,
    ask: say,
    status: async (token) => (await say(token)).status,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await gateway.close({ graceMs: 0 })
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
