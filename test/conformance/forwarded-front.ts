import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  createGateway,
  createPool,
  type Exchange,
  type Filter,
  type ForwardOptions,
  forward,
  type Gateway,
  type GatewayOptions,
  http1,
  httpProxy,
  type Pool,
  type Transport,
  undici,
} from 'edgewise'
import { toNode } from 'edgewise/node'
import { afterReplies, parseReplies, raw, type Sink, sink, type WireReply } from '../support/index.js'

/** All transports for HTTP/1.1, for `describe.each`. */
export const transports: readonly (readonly [string, () => Transport])[] = [
  ['http1', () => http1()],
  ['undici', () => undici()],
  ['httpProxy', () => httpProxy()],
]

export interface FrontOptions {
  readonly forward?: Partial<ForwardOptions> | undefined
  readonly gateway?: Omit<Partial<GatewayOptions>, 'routes'> | undefined
  readonly base?: string | undefined
  /** Node's limit on the bytes of a head. @default 16 KiB */
  readonly maxHeaderSize?: number | undefined
}

/** A gateway of one route on a real server: `toNode` in front, a pool behind. */
export interface Front extends AsyncDisposable {
  readonly port: number
  readonly server: Server
  readonly gateway: Gateway
  readonly pool: Pool
  close(): Promise<void>
}

/** Starts a front that forwards everything to these addresses; its own port can be added to `pool` later. */
export async function frontTo(
  endpoints: readonly string[],
  transport: Transport,
  options: FrontOptions = {},
): Promise<Front> {
  const pool = createPool({ name: 'far', endpoints })
  const gateway = createGateway({
    ...options.gateway,
    routes: [{ path: '/**', handler: forward({ pool, transport, ...options.forward }) }],
  })
  const listener = toNode(gateway, options.base === undefined ? {} : { base: options.base })
  const server = createServer({ maxHeaderSize: options.maxHeaderSize ?? 16_384 }, listener)
  server.on('upgrade', listener.upgrade)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = async (): Promise<void> => {
    await gateway.close({ graceMs: 0 })
    await pool.close()
    const stopped = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await stopped
  }
  const { port } = server.address() as AddressInfo
  return { port, server, gateway, pool, close, [Symbol.asyncDispose]: close }
}

/** A front with a sink behind it. */
export interface Pair extends AsyncDisposable {
  readonly front: Front
  readonly far: Sink
}

export async function pairOver(
  transport: Transport,
  options: FrontOptions = {},
  script?: Parameters<typeof sink>[0],
): Promise<Pair> {
  const far = await sink(script)
  const front = await frontTo([far.url], transport, options)
  return {
    front,
    far,
    async [Symbol.asyncDispose]() {
      await front.close()
      await far.close()
    },
  }
}

/** Sends `GET /` with these lines after its Host and gives the one reply. */
export async function ask(port: number, lines: readonly string[] = [], start = 'GET /'): Promise<WireReply> {
  const bytes = `${[`${start} HTTP/1.1`, 'Host: edge.test', ...lines].join('\r\n')}\r\n\r\n`
  const methods = [start.split(' ')[0]!]
  const { text } = await raw(port, bytes, { until: afterReplies(1, { methods }) })
  return parseReplies(text, { methods })[0]!
}

/** Shows the upstream who the client is taken for, as a log, a limiter or an allow-list would see it. */
export const tellClient: Filter = (exchange, next) => next(exchange.with({ headers: withClient(exchange) }))

function withClient({ headers, client }: Exchange): Exchange['headers'] {
  return {
    ...headers,
    'x-seen-address': client.address,
    'x-seen-protocol': client.protocol,
    'x-seen-host': client.host ?? '',
  }
}
