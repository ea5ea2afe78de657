import tls from 'node:tls'
import type { UpstreamTls } from '../upstream/endpoint.js'
import type { Probe } from './monitor-options.js'
import { comesUp, type TcpAddress } from './probes.js'

/** What a TLS probe needs to know. */
export interface TlsAddress extends TcpAddress {
  /** Name to ask for and verify; the host name if absent or empty. */
  readonly servername?: string | undefined
  /** Whom to trust and what to show; a pool's endpoints have it. */
  readonly connect?: NonNullable<TcpAddress['connect']> & { readonly tls?: UpstreamTls | undefined }
}

/**
 * Well if a TLS handshake comes about and the certificate is good for the endpoint's name. An upstream that refuses *our*
 * certificate says so after the handshake (RFC 8446 §4.4.2), which this probe does not wait for.
 *
 * @example
 * ```ts
 * createHealthMonitor({ probe: tlsProbe(), onChange }).add({ hostname: 'db.internal', port: 5433 })
 * ```
 */
export function tlsProbe(): Probe<TlsAddress> {
  return ({ hostname, port, socketPath, servername, connect }, signal) => {
    const socket = tls.connect({
      ...(typeof socketPath === 'string' ? { path: socketPath } : { port, lookup: connect?.lookup }),
      ...connect?.tls,
      host: hostname,
      // An address is no server name (RFC 6066 §3), but the certificate is verified against it.
      ...(servername === undefined || servername === '' ? {} : { servername }),
      rejectUnauthorized: connect?.tls?.rejectUnauthorized ?? true,
    } as tls.ConnectionOptions)
    return comesUp(socket, 'secureConnect', signal)
  }
}
