import { setTimeout as delay } from 'node:timers/promises'
import {
  createGateway,
  createPool,
  type Filter,
  forward,
  type Gateway,
  type GatewayOptions,
  type Handler,
  http1,
  httpProxy,
  principalOf,
  type Transport,
  undici,
} from 'edgewise'
import {
  parseReplies,
  type RawOptions,
  type RawResult,
  type RawStep,
  raw,
  type WireReply,
} from '../../support/index.js'
import { type App, type AppOptions, type Harness, principal } from '../harness/harness.js'

/** What an adapter is tried at: the root, and a prefix. */
export const bases = ['/', '/api'] as const

/** All transports for HTTP/1.1, for the rows that hang on how bytes flow. */
export const transports: readonly { readonly transport: string; readonly make: () => Transport }[] = [
  { transport: 'http1', make: () => http1() },
  { transport: 'undici', make: () => undici() },
  { transport: 'httpProxy', make: () => httpProxy() },
]

/** A path as a client asks for it, below a base. */
export function below(base: string, path: string): string {
  return base === '/' ? path : `${base}${path}`
}

/** Forwards to one address through a pool that ends with the app. */
export function forwarder(url: string, transport?: Transport): Handler {
  return forward({ pool: createPool({ name: 'far', endpoints: [url] }), ...(transport ? { transport } : {}) })
}

/** An app whose gateway sends everything to one address. */
export function appOver(
  harness: Harness,
  url: string,
  options: AppOptions & { readonly transport?: Transport; readonly gateway?: Partial<GatewayOptions> } = {},
): Promise<App> {
  const { transport, gateway, ...rest } = options
  return harness.listen(gatewayTo(forwarder(url, transport), gateway), rest)
}

export function gatewayTo(handler: Handler, options: Partial<GatewayOptions> = {}): Gateway {
  return createGateway({ routes: [{ path: '/**', handler }], ...options })
}

export interface AskOptions {
  readonly method?: string
  /** Header lines, each with its CRLF. */
  readonly fields?: string
  readonly body?: string
}

/** The bytes of a request with `Connection: close`. */
export function request(target: string, { method = 'GET', fields = '', body }: AskOptions = {}): string {
  const length = body === undefined ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`
  return `${method} ${target} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n${length}${fields}\r\n${body ?? ''}`
}

/** Asks once, on a connection of its own, and waits for the reply and the end of the connection. */
export async function ask(port: number, target: string, options: AskOptions = {}): Promise<WireReply> {
  const { reply } = await talk(port, request(target, options), options.method)
  return reply
}

/** Sends bytes and waits for the connection to end, or for silence; the first final reply is parsed strictly. */
export async function talk(
  port: number,
  bytes: string | readonly RawStep[],
  method = 'GET',
  options: RawOptions = {},
): Promise<RawResult & { readonly replies: readonly WireReply[]; readonly reply: WireReply }> {
  const result = await raw(port, bytes, { hold: 1_000, ...options })
  const replies = parseReplies(result.bytes, { methods: [method], closed: result.ended === 'closed' }).filter(
    (each) => !each.interim,
  )
  const [reply] = replies
  if (reply === undefined) throw new Error(`no reply to ${JSON.stringify(bytes)}; ${result.ended}`)
  return { ...result, replies, reply }
}

/** What the describing upstream, or an app's own handler, said in JSON. */
export function said(
  reply: WireReply,
): Record<string, never> & { url: string; headers: Record<string, string>; body: string; app?: true } {
  return JSON.parse(reply.body.toString())
}

/** Tells the app who was found to ask. */
export const telling: Filter = (exchange, next) => {
  exchange.set(principal, principalOf(exchange)?.id ?? 'nobody')
  return next(exchange)
}

/** Looks twenty times, five milliseconds apart: a machine that stands still meanwhile (CI) does not count. */
export async function within100Ms(condition: () => boolean): Promise<void> {
  for (let look = 0; look < 20; look++) {
    if (condition()) return
    await delay(5)
  }
  if (!condition()) throw new Error(`not within 100 ms: ${condition}`)
}
