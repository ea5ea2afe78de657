import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { compose, createGateway, type Exchange, reply, type ServerTls, type TlsOptions, tlsOptions } from 'edgewise'
import { toNode } from 'edgewise/node'

/** A gateway on a TLS server, which keeps the exchanges it saw. */
export interface Secure extends AsyncDisposable {
  readonly port: number
  readonly tls: ServerTls
  readonly exchanges: readonly Exchange[]
}

export async function secure(options: TlsOptions): Promise<Secure> {
  const exchanges: Exchange[] = []
  const tls = tlsOptions(options)
  const gateway = createGateway({
    routes: [
      {
        path: '/**',
        handler: compose(async (exchange) => {
          exchanges.push(exchange)
          return reply(200, `hello ${exchange.client.certificate?.commonName ?? 'stranger'}`)
        }),
      },
    ],
  })
  const server = tls.follow(createServer(tls, toNode(gateway)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    tls,
    exchanges,
    async [Symbol.asyncDispose]() {
      tls.close()
      server.closeAllConnections()
      await gateway.close({ graceMs: 0 })
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A handshake that went well; rejects with why it did not. TLS 1.3 tells of a refused certificate only at the first read. */
export async function shake(port: number, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', ...options })
  await once(socket, 'secureConnect')
  return socket
}

/** The name that the server's certificate is for. */
export async function servedName(port: number, options: ConnectionOptions): Promise<string> {
  const socket = await shake(port, { rejectUnauthorized: false, ...options })
  const name = String(socket.getPeerX509Certificate()?.subject).replace('CN=', '')
  socket.destroy()
  return name
}

/** Asks once over an open connection. */
export async function askOver(socket: TLSSocket): Promise<string> {
  socket.write('GET / HTTP/1.1\r\nhost: a.example\r\n\r\n')
  let text = ''
  while (!/\r\n\r\n.*(hello \S+)/s.test(text)) {
    const ended = once(socket, 'close').then(() => {
      throw new Error(`closed after: ${text}`)
    })
    const [chunk] = await Promise.race([once(socket, 'data'), ended])
    text += String(chunk)
  }
  return /hello \S+/.exec(text)![0]
}
