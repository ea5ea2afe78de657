import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  createGateway,
  createPool,
  type EndpointOptions,
  EventHub,
  type Gateway,
  type Pool,
  type StatusPageOptions,
  statusPage,
} from 'edgewise'
import { toNode } from 'edgewise/node'

/** A status page on a server of its own, over one pool. */
export interface StatusFront extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly pool: Pool
  readonly gateway: Gateway
  readonly events: EventHub
}

export interface StatusFrontOptions extends Omit<StatusPageOptions, 'pools' | 'events'> {
  readonly pool?: string
  /** Pools beside its own. @default none */
  readonly also?: readonly Pool[]
}

/** Endpoints by name, at an address where nobody is. */
export function named(...names: readonly string[]): EndpointOptions[] {
  return names.map((name) => ({ name, url: 'http://127.0.0.1:1' }))
}

export async function statusFront(
  endpoints: readonly EndpointOptions[],
  { pool: name = 'users', also = [], ...options }: StatusFrontOptions = {},
): Promise<StatusFront> {
  const events = new EventHub()
  const pool = createPool({ name, endpoints, events })
  const handler = statusPage({ pools: [pool, ...also], events, refreshMs: 100, ...options })
  const gateway = createGateway({ routes: [{ path: '/status/**', handler }], events })
  const server = createServer(toNode(gateway))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/status`,
    port,
    pool,
    gateway,
    events,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await gateway.close({ graceMs: 0 })
      await pool.close()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
