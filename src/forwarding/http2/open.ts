import { connect as connectTcp, type NetConnectOpts, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import type { Endpoint } from '../../upstream/endpoint.js'

/** Who waits for a connection: told once. */
export interface OpenListener {
  opened(socket: Socket, protocol: 'h2' | 'http/1.1'): void
  failed(error: Error): void
}

/**
 * Connects to an endpoint, by TLS if it is an `https:` one: its own name decides verification and SNI, never a request's Host (H-199).
 * Destroying the returned socket gives it up.
 */
export function openSocket(endpoint: Endpoint, allowHttp1: boolean, listener: OpenListener): Socket {
  const { protocol, hostname, port, socketPath, servername } = endpoint
  const { tls, lookup } = endpoint.connect
  const place = {
    noDelay: true,
    ...(socketPath === null ? { host: hostname, port } : { path: socketPath }),
    ...(lookup === undefined ? {} : { lookup }),
  }
  const secure = protocol === 'https'
  const socket = secure
    ? connectTls({
        ...place,
        ...tls,
        servername,
        rejectUnauthorized: tls.rejectUnauthorized ?? true,
        ALPNProtocols: allowHttp1 ? ['h2', 'http/1.1'] : ['h2'],
      } as ConnectionOptions)
    : connectTcp(place as NetConnectOpts)
  const closed = (): void => listener.failed(new Error('closed before it was connected'))
  // Never taken off: an error between this and whoever is next to listen would end the process.
  socket.on('error', (error) => listener.failed(error))
  socket.on('close', closed)
  socket.once(secure ? 'secureConnect' : 'connect', () => {
    // From here on whoever has the socket tells, and knows better why.
    socket.off('close', closed)
    listener.opened(socket, secure && (socket as TLSSocket).alpnProtocol !== 'h2' ? 'http/1.1' : 'h2')
  })
  return socket
}
