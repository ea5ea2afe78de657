import { connect as connectTcp, type NetConnectOpts, type OnReadOpts, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import type { Endpoint } from '../upstream/endpoint.js'

/** After how much silence TCP asks whether the other end is still there (undici's choice). */
const PROBE_AFTER_MS = 60_000

export type HttpProtocol = 'h2' | 'http/1.1'

export interface OpenOptions {
  /** What is offered by TLS (ALPN, RFC 7301), the preferred one first; without TLS the first is taken. */
  readonly protocols: readonly HttpProtocol[]
  /** Reads into memory of the caller's. */
  readonly onread?: OnReadOpts | undefined
}

/** Who waits for a connection: told once. */
export interface OpenListener {
  opened(socket: Socket, protocol: HttpProtocol): void
  failed(error: Error): void
}

/**
 * Connects to an endpoint, by TLS if it is an `https:` one: its own name decides verification and SNI, never a request's Host (H-199).
 * No TLS session is resumed, since that would skip the check of a certificate that has expired since. Destroying the returned socket
 * gives it up.
 */
export function openSocket(endpoint: Endpoint, options: OpenOptions, listener: OpenListener): Socket {
  const { protocol, hostname, port, socketPath, servername } = endpoint
  const { tls, lookup } = endpoint.connect
  const place = {
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: PROBE_AFTER_MS,
    ...(socketPath === null ? { host: hostname, port } : { path: socketPath }),
    ...(lookup === undefined ? {} : { lookup }),
    ...(options.onread === undefined ? {} : { onread: options.onread }),
  }
  const secure = protocol === 'https'
  const socket = secure
    ? connectTls({
        ...place,
        ...tls,
        servername,
        rejectUnauthorized: tls.rejectUnauthorized ?? true,
        ALPNProtocols: options.protocols,
      } as ConnectionOptions)
    : connectTcp(place as NetConnectOpts)
  const closed = (): void => listener.failed(new Error('closed before it was connected'))
  // Never taken off: an error between this and whoever is next to listen would end the process.
  socket.on('error', (error) => listener.failed(error))
  socket.on('close', closed)
  socket.once(secure ? 'secureConnect' : 'connect', () => {
    // From here on whoever has the socket tells, and knows better why.
    socket.off('close', closed)
    listener.opened(socket, chosen(socket, secure, options.protocols))
  })
  return socket
}

/** An endpoint that knows nothing of ALPN speaks HTTP/1.1. */
function chosen(socket: Socket, secure: boolean, protocols: readonly HttpProtocol[]): HttpProtocol {
  if (!secure) return protocols[0]!
  return (socket as TLSSocket).alpnProtocol === 'h2' ? 'h2' : 'http/1.1'
}
