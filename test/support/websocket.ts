import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createTlsServer, type ServerOptions as TlsOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type ClientOptions, type RawData, type ServerOptions, WebSocket, WebSocketServer } from 'ws'

export interface WsEchoOptions {
  /** Sent as `x-upstream` with the 101. @default none */
  readonly name?: string | undefined
  readonly tls?: TlsOptions | undefined
  /** @default 0, any free port */
  readonly port?: number | undefined
  /** Passed on to `ws`: subprotocols, compression, limits. */
  readonly server?: Omit<ServerOptions, 'server' | 'noServer' | 'port' | 'host'> | undefined
  /** Replaces the echo. */
  readonly onConnection?: ((socket: WebSocket, request: IncomingMessage) => void) | undefined
}

export interface WsEcho extends AsyncDisposable {
  readonly port: number
  /** `ws://127.0.0.1:port`, or `wss://`. */
  readonly url: string
  /** Sockets open now. */
  readonly sockets: ReadonlySet<WebSocket>
  /** Upgrade requests that were accepted. */
  readonly requests: readonly IncomingMessage[]
  /** Terminates all sockets and stops listening. */
  close(): Promise<void>
}

/** Starts a WebSocket upstream on 127.0.0.1 that sends every message back. @throws the server's own error if it cannot listen. */
export async function wsEcho(options: WsEchoOptions = {}): Promise<WsEcho> {
  const { name, tls, port: wanted = 0, onConnection = echoMessages } = options
  const server = tls ? createTlsServer(tls) : createServer()
  const webSockets = new WebSocketServer({ ...options.server, server })
  const requests: IncomingMessage[] = []
  if (name !== undefined) webSockets.on('headers', (lines) => lines.push(`x-upstream: ${name}`))
  webSockets.on('connection', (socket, request) => {
    requests.push(request)
    socket.on('error', () => {})
    onConnection(socket, request)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port: wanted, host: '127.0.0.1' }, resolve)
  })
  const { port } = server.address() as AddressInfo
  const close = async (): Promise<void> => {
    const stopped = new Promise((resolve) => server.close(resolve))
    for (const socket of webSockets.clients) socket.terminate()
    webSockets.close()
    server.closeAllConnections()
    await stopped
  }
  return {
    port,
    url: `${tls ? 'wss' : 'ws'}://127.0.0.1:${port}`,
    sockets: webSockets.clients,
    requests,
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** The upgrade was answered by something else than a 101. */
export class UpgradeDenied extends Error {
  override readonly name = 'UpgradeDenied'
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string

  constructor({ statusCode = 0, headers }: IncomingMessage, body: string) {
    super(`upgrade denied with ${statusCode}`)
    this.status = statusCode
    this.headers = headers
    this.body = body
  }
}

export interface WsConnectOptions extends ClientOptions {
  readonly protocols?: string | string[] | undefined
}

interface Inbox {
  readonly unread: { readonly data: Buffer; readonly binary: boolean }[]
  close?: { readonly code: number; readonly reason: string }
}
const inboxes = new WeakMap<WebSocket, Inbox>()

/**
 * Connects and resolves to the open socket; its messages are kept for {@link nextMessage} from the first one on.
 *
 * @throws {@link UpgradeDenied} with status, headers and body if the answer is no 101; else the socket's error (broken 101, reset, …).
 */
export function wsConnect(url: string | URL, { protocols, ...options }: WsConnectOptions = {}): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, protocols, options)
    const inbox: Inbox = { unread: [] }
    inboxes.set(socket, inbox)
    socket.on('message', (data: RawData, binary) => inbox.unread.push({ data: toBuffer(data), binary }))
    socket.on('close', (code, reason) => {
      inbox.close = { code, reason: reason.toString() }
    })
    socket.on('error', reject)
    socket.once('open', () => resolve(socket))
    socket.once('unexpected-response', (request, reply) => {
      const parts: Buffer[] = []
      const deny = (): void => {
        reject(new UpgradeDenied(reply, Buffer.concat(parts).toString()))
        request.destroy()
      }
      reply.on('data', (part: Buffer) => parts.push(part))
      reply.on('end', deny)
      reply.on('error', deny)
    })
  })
}

/**
 * Takes the next unread message of a socket made by {@link wsConnect}, text as text.
 *
 * @throws Error if the socket closes first, or after `timeoutMs` (default 2000).
 */
export async function nextMessage(socket: WebSocket, timeoutMs = 2_000): Promise<string | Buffer> {
  const inbox = inboxes.get(socket)
  if (!inbox) throw new Error('nextMessage: not a socket of wsConnect')
  if (inbox.unread.length === 0) {
    await new Promise<void>((resolve, reject) => {
      const settle = (problem?: string): void => {
        clearTimeout(timer)
        socket.off('message', arrived)
        socket.off('close', left)
        if (problem === undefined) resolve()
        else reject(new Error(`nextMessage: ${problem}`))
      }
      const arrived = (): void => settle()
      const left = (code?: number): void => settle(`closed${code === undefined ? '' : ` with ${code}`}`)
      const timer = setTimeout(() => settle(`none within ${timeoutMs} ms`), timeoutMs)
      socket.on('message', arrived)
      socket.on('close', left)
      if (socket.readyState === WebSocket.CLOSED) left(inbox.close?.code)
    })
  }
  const { data, binary } = inbox.unread.shift()!
  return binary ? data : data.toString()
}

/** Waits until a socket is closed, if it is not yet, and tells how; 1006 means without a close frame. */
export function closed(socket: WebSocket): Promise<{ readonly code: number; readonly reason: string }> {
  const known = inboxes.get(socket)?.close
  if (known) return Promise.resolve(known)
  if (socket.readyState === WebSocket.CLOSED) return Promise.reject(new Error('closed: too late to tell how'))
  return new Promise((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }))
  })
}

function echoMessages(socket: WebSocket): void {
  socket.on('message', (data, binary) => socket.send(data, { binary }))
}

function toBuffer(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data)
  return Buffer.isBuffer(data) ? data : Buffer.from(data)
}
