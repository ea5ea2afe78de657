import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import type { PoolOptions } from 'edgewise'
import { certificates } from '../../support/index.js'
import { switching } from '../../upgrade/ws-front.js'

/** How an upstream is reached. */
export const ways = ['TCP', 'a Unix socket', 'TLS'] as const
export type Way = (typeof ways)[number]

/** An upstream that takes every handshake and hands the connection over, whatever goes through it then; it answers requests with 200. */
export interface RawFar extends AsyncDisposable {
  readonly url: string
  /** What the pool needs to know to reach it. */
  readonly pool: Partial<PoolOptions>
  /** The next connection that has been switched. */
  next(): Promise<Duplex>
}

export async function rawFar(way: Way = 'TCP'): Promise<RawFar> {
  const folder = mkdtempSync(join(tmpdir(), 'edgewise-ws-'))
  const { ca, key, cert } = certificates()
  const server = way === 'TLS' ? createTlsServer({ key, cert }) : createServer()
  const arrived: Duplex[] = []
  const wanted: ((socket: Duplex) => void)[] = []
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket))
  server.on('request', (_request, response) => response.end('ok'))
  server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    socket.on('error', () => {})
    socket.write(switching(request.headers['sec-websocket-key']))
    const taker = wanted.shift()
    if (taker === undefined) arrived.push(socket)
    else taker(socket)
  })
  const path = join(folder, 'far.sock')
  await new Promise<void>((resolve) =>
    server.listen(way === 'a Unix socket' ? { path } : { port: 0, host: '127.0.0.1' }, resolve),
  )
  const { port } = server.address() as AddressInfo
  return {
    url: way === 'a Unix socket' ? `unix:${path}` : `${way === 'TLS' ? 'https' : 'http'}://127.0.0.1:${port}`,
    pool: way === 'TLS' ? { tls: { ca } } : {},
    next: () => {
      const socket = arrived.shift()
      return socket === undefined ? new Promise((resolve) => wanted.push(resolve)) : Promise.resolve(socket)
    },
    async [Symbol.asyncDispose]() {
      const stopped = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await stopped
      rmSync(folder, { recursive: true })
    },
  }
}
