import type { SecureContext, Server } from 'node:tls'
import type { EventHub } from '../../events.js'
import { check, checkOptions, type Milliseconds, optionError } from '../../options.js'
import type { Clock } from '../../upstream/clock.js'
import { type CertificateFiles, checkCertificates, pem } from './certificate-files.js'
import type { CertificateInUse, CertificatePair } from './certificate-table.js'
import { ReloadingTls } from './reloading-tls.js'

export interface TlsOptions {
  /** The first is for clients that ask for no name. */
  readonly certificates: readonly (CertificatePair | CertificateFiles)[]
  /** Ask clients for a certificate that one of these authorities has signed; it is then `exchange.client.certificate`. @default don't ask */
  readonly clientCertificates?: ClientCertificateOptions | undefined
  /** Oldest protocol that clients may speak. @default 'TLSv1.2' (RFC 9325 §3.1.1 forbids what is older) */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3' | undefined
  /** OpenSSL's list. @default forward secrecy and AEAD only: Mozilla's "intermediate" without its DHE suites */
  readonly ciphers?: string | undefined
  /** What a client gets that asks for a name nobody here has: the first certificate, or an end of the handshake. @default 'first' */
  readonly unknownNames?: 'first' | 'refuse' | undefined
  /** How long a handshake may take. @default 10000 */
  readonly handshakeTimeoutMs?: Milliseconds | undefined
  /** When to look at the files whether or not the system told of a change, as it doesn't on network file systems. @default 60000 */
  readonly intervalMs?: Milliseconds | undefined
  /** Where `certificate` events go. @default the shared `events` */
  readonly events?: EventHub | undefined
  /** Timers of the looks. @default real time */
  readonly clock?: Clock | undefined
}

export interface ClientCertificateOptions {
  /** Authorities, in PEM. */
  readonly ca: string | Buffer | readonly (string | Buffer)[]
  /** Whether a client without a good one is turned away in the handshake, or let in without. @default 'require' */
  readonly mode?: 'require' | 'optional' | undefined
}

/** Options for Node's TLS servers, and what keeps them fresh. */
export interface ServerTls {
  /** The first certificate, for clients that ask for no name, in PEM. */
  readonly cert: string | Buffer
  /** Its key, in PEM. */
  readonly key: string | Buffer
  /** Of that key, where it has one. @default none */
  readonly passphrase?: string
  /** Oldest protocol that clients may speak. */
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
  /** OpenSSL's list. */
  readonly ciphers: string
  /** How long a handshake may take. */
  readonly handshakeTimeout: Milliseconds
  /** Finds the certificate for the name that a client asks for. */
  readonly SNICallback: (servername: string, done: (error: Error | null, context?: SecureContext) => void) => void
  /** Whether clients are asked for a certificate. */
  readonly requestCert: boolean
  /** Whether those without a good one are turned away in the handshake. */
  readonly rejectUnauthorized: boolean
  /** Authorities of clients' certificates, where these are asked for. @default none */
  readonly ca?: (string | Buffer)[]
  /** The certificates in use, in order: to be read again after a reload. */
  readonly inUse: readonly CertificateInUse[]
  /** Gives new certificates also to clients that ask for no name, who get the server's own. Returns the server. */
  follow<S extends Server>(server: S): S
  /**
   * Reads the files now, or takes these certificates instead. Connections that are open stay as they are.
   *
   * @returns Whether what was read is in use; `false` where it can't be used.
   */
  reload(certificates?: TlsOptions['certificates']): Promise<boolean>
  /** Stops watching the files. */
  close(): void
}

/**
 * Options for `https.createServer` and `http2.createSecureServer`: many certificates by name (SNI), read again when their files change
 * without a connection being dropped, certificates of clients, and protocols and ciphers that are still good.
 *
 * What can't be used at a reload (half written, a key that doesn't fit) is told as a `certificate` event; the old ones stay.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`, also for a certificate that can't be read or used.
 * @example
 * ```ts
 * const tls = tlsOptions({
 *   certificates: [{ certFile: '/etc/edge/shop.pem', keyFile: '/etc/edge/shop.key' }],
 *   clientCertificates: { ca: readFileSync('/etc/edge/clients.pem'), mode: 'optional' },
 * })
 * const server = tls.follow(createServer(tls, toNode(gateway)))
 * ```
 */
export function tlsOptions(options: TlsOptions): ServerTls {
  checkOptions('tlsOptions', options, {
    certificates: check.array,
    clientCertificates: check.object,
    minVersion: check.oneOf('TLSv1.2', 'TLSv1.3'),
    ciphers: check.string,
    unknownNames: check.oneOf('first', 'refuse'),
    handshakeTimeoutMs: check.duration,
    intervalMs: check.duration,
    events: check.object,
    clock: check.object,
  })
  checkCertificates(options.certificates)
  const { clientCertificates } = options
  if (clientCertificates !== undefined) {
    checkOptions('tlsOptions clientCertificates', clientCertificates, {
      ca: check.either(pem, check.array),
      mode: check.oneOf('require', 'optional'),
    })
    if (clientCertificates.ca === undefined)
      throw optionError('tlsOptions clientCertificates', 'ca', undefined, 'authorities in PEM')
  }
  return new ReloadingTls(options)
}
