import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type ServerOptions as TlsOptions } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { describe } from './answers.js'

/** Answers one request; a rejection destroys the connection and is thrown by `stop()`. */
export type UpstreamHandler = (request: IncomingMessage, response: ServerResponse) => unknown

export interface UpstreamOptions {
  /** Sent as `x-upstream` with every reply. @default none */
  readonly name?: string | undefined
  /** Speaks TLS. @default off */
  readonly tls?: TlsOptions | undefined
  /** Where to listen, on 127.0.0.1. @default 0, any free port */
  readonly port?: number | undefined
  /** Idle time after which a kept connection is closed. @default Node's */
  readonly keepAliveTimeoutMs?: number | undefined
  /** Whether `requests` is filled; off for load. @default true */
  readonly record?: boolean | undefined
}

/** A request that arrived. */
export interface UpstreamRequest {
  readonly method: string
  readonly url: string
  readonly httpVersion: string
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  /** 'aborted': the connection went before the reply was written to the end. */
  readonly outcome: 'pending' | 'done' | 'aborted'
}

/** A well-behaved upstream on Node's own HTTP server. */
export interface Upstream extends AsyncDisposable {
  readonly name: string | undefined
  readonly url: string
  readonly port: number
  readonly requests: readonly UpstreamRequest[]
  /** Requests so far, recorded or not. */
  readonly hits: number
  /** Connections open now. */
  readonly connections: number
  /** Connections accepted so far. */
  readonly accepted: number
  /** Destroys all connections and stops listening. @throws the first error of the handler. */
  stop(): Promise<void>
  /** Listens again on the same port. */
  restart(): Promise<void>
}

/**
 * Starts an HTTP (or HTTPS) upstream on 127.0.0.1. Without a handler it answers 200 and a JSON description of the request.
 *
 * @throws the server's own error if it cannot listen.
 * @example
 * ```ts
 * await using users = await upstream((_request, response) => response.end('[]'), { name: 'users' })
 * const handler = forward(users.url)
 * ```
 */
export async function upstream(handler: UpstreamHandler = describe, options: UpstreamOptions = {}): Promise<Upstream> {
  const { name, tls, port: wanted = 0, keepAliveTimeoutMs, record = true } = options
  const requests: UpstreamRequest[] = []
  const failures: unknown[] = []
  const sockets = new Set<Socket>()
  let hits = 0
  let accepted = 0

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    hits += 1
    const { method = '', url = '', httpVersion, headers, rawHeaders } = request
    const entry = { method, url, httpVersion, headers, rawHeaders, outcome: 'pending' as UpstreamRequest['outcome'] }
    if (record) requests.push(entry)
    response.once('close', () => {
      entry.outcome = response.writableFinished ? 'done' : 'aborted'
    })
    if (name !== undefined) response.setHeader('x-upstream', name)
    try {
      await handler(request, response)
    } catch (error) {
      failures.push(error)
      response.destroy()
    }
  }
  const server = tls ? createTlsServer(tls, answer) : createServer(answer)
  if (keepAliveTimeoutMs !== undefined) server.keepAliveTimeout = keepAliveTimeoutMs
  server.on('connection', (socket: Socket) => {
    accepted += 1
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen({ port, host: '127.0.0.1' }, () => {
        server.off('error', reject)
        resolve()
      })
    })
  await listen(wanted)
  const { port } = server.address() as AddressInfo

  const self: Upstream = {
    name,
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    requests,
    get hits() {
      return hits
    },
    get connections() {
      return sockets.size
    },
    get accepted() {
      return accepted
    },
    async stop() {
      if (server.listening) {
        const stopped = new Promise<void>((resolve) => server.close(() => resolve()))
        for (const socket of sockets) socket.destroy()
        await stopped
      }
      if (failures.length > 0) throw failures.shift()
    },
    restart: () => listen(port),
    [Symbol.asyncDispose]: () => self.stop(),
  }
  return self
}
