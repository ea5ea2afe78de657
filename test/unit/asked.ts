import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { type Body, type ClientInfo, type Exchange, emptyBody, type UpgradeRequest } from 'edgewise'
import { toHeaders } from '../../src/http/header-map.js'
import { parseTarget, type Target } from '../../src/http/target.js'
import { ExchangeOrigin, NodeExchange } from '../../src/node-exchange.js'

export interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly client?: Partial<ClientInfo>
  readonly base?: string
  readonly params?: Readonly<Record<string, string>>
  readonly upgrade?: boolean
  readonly body?: Body
}

/** An exchange as an adapter makes it, for a target below the base; what is odd in it is said. */
export function asked(target: string, odd: Asked = {}): Exchange {
  const { method = 'GET', headers = {}, base = '/', params, upgrade = false, body = emptyBody } = odd
  const host = 'a.test'
  const client: ClientInfo = {
    address: '192.0.2.1',
    protocol: 'http',
    host,
    port: 80,
    authority: host,
    peer: '192.0.2.1',
    trusted: false,
    forwardedFor: '',
    certificate: null,
    ...odd.client,
  }
  const wish: UpgradeRequest | null = upgrade
    ? { protocol: 'websocket', socket: new Socket(), head: new Uint8Array() }
    : null
  const origin = new ExchangeOrigin(new IncomingMessage(new Socket()), client, base, wish, 0)
  const parsed = parseTarget(target, method, null) as Target
  return new NodeExchange(origin, method, parsed, parsed, toHeaders(headers), body, params ?? null)
}
