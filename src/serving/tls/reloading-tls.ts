import type { SecureContextOptions, Server } from 'node:tls'
import { asError } from '../../errors.js'
import { type EventHub, events as sharedEvents } from '../../events.js'
import { type Milliseconds, optionError } from '../../options.js'
import { realClock } from '../../upstream/clock.js'
import { checkCertificates, FilesWatch, readLater, readNow } from './certificate-files.js'
import { type CertificatePair, CertificateTable } from './certificate-table.js'
import type { ServerTls, TlsOptions } from './tls-options.js'

/** RFC 9325 §4.2: forward secrecy and AEAD. The first three are of TLS 1.3. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')

/** {@link ServerTls}: what Node reads of it are fields of its own, for Node and users spread it. */
export class ReloadingTls implements ServerTls {
  readonly cert: string | Buffer
  readonly key: string | Buffer
  declare readonly passphrase?: string
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
  readonly ciphers: string
  readonly handshakeTimeout: Milliseconds
  readonly requestCert: boolean
  readonly rejectUnauthorized: boolean
  declare readonly ca?: (string | Buffer)[]
  readonly SNICallback: ServerTls['SNICallback']
  readonly #common: SecureContextOptions
  readonly #refuseUnknown: boolean
  readonly #servers = new Set<Server>()
  readonly #events: EventHub
  readonly #watch: FilesWatch
  #sources: TlsOptions['certificates']
  #pairs: readonly CertificatePair[]
  #table: CertificateTable
  #reloading: Promise<unknown> = Promise.resolve()

  constructor(options: TlsOptions) {
    const { clientCertificates } = options
    this.minVersion = options.minVersion ?? 'TLSv1.2'
    this.ciphers = options.ciphers ?? CIPHERS
    this.handshakeTimeout = options.handshakeTimeoutMs ?? 10_000
    this.requestCert = clientCertificates !== undefined
    this.rejectUnauthorized = this.requestCert && clientCertificates?.mode !== 'optional'
    if (clientCertificates !== undefined) this.ca = [clientCertificates.ca].flat() as (string | Buffer)[]
    this.#common = {
      minVersion: this.minVersion,
      ciphers: this.ciphers,
      ...(this.ca === undefined ? {} : { ca: this.ca }),
    }
    this.#refuseUnknown = options.unknownNames === 'refuse'
    this.#events = options.events ?? sharedEvents
    this.#sources = options.certificates
    try {
      this.#pairs = options.certificates.map(readNow)
      this.#table = new CertificateTable(this.#pairs, this.#common, this.#refuseUnknown)
    } catch (error) {
      const usable = `certificates with their keys that can be read and used (${asError(error).message})`
      throw optionError('tlsOptions', 'certificates', options.certificates, usable)
    }
    const { cert, key, passphrase } = this.#table.first
    this.cert = cert
    this.key = key
    if (passphrase !== undefined) this.passphrase = passphrase
    this.SNICallback = (servername, done) => {
      const context = this.#table.find(servername)
      if (context === null) done(new Error('no certificate for this name'))
      else done(null, context)
    }
    this.#watch = new FilesWatch(options.clock ?? realClock, options.intervalMs ?? 60_000, () => void this.reload())
    this.#watch.follow(this.#sources)
  }

  follow<S extends Server>(server: S): S {
    this.#servers.add(server)
    server.on('close', () => this.#servers.delete(server))
    return server
  }

  /** One after the other: an earlier look at the files must not win over a later one. */
  reload(certificates?: TlsOptions['certificates']): Promise<boolean> {
    if (certificates !== undefined) checkCertificates(certificates)
    const done = this.#reloading.then(() => this.#reload(certificates))
    this.#reloading = done
    return done
  }

  close(): void {
    this.#watch.close()
  }

  async #reload(certificates: TlsOptions['certificates'] = this.#sources): Promise<boolean> {
    try {
      const pairs = await Promise.all(certificates.map(readLater))
      if (sameAs(this.#pairs, pairs)) return true
      this.#table = new CertificateTable(pairs, this.#common, this.#refuseUnknown)
      this.#pairs = pairs
    } catch (error) {
      this.#events.emit('certificate', { change: 'kept', names: this.#table.names, why: asError(error).message })
      return false
    }
    if (certificates !== this.#sources) this.#watch.follow(certificates)
    this.#sources = certificates
    const { cert, key, passphrase } = this.#table.first
    for (const server of this.#servers)
      server.setSecureContext({ ...this.#common, cert, key, ...(passphrase === undefined ? {} : { passphrase }) })
    this.#events.emit('certificate', { change: 'loaded', names: this.#table.names, why: 'changed' })
    return true
  }
}

function sameAs(before: readonly CertificatePair[], after: readonly CertificatePair[]): boolean {
  const text = (pairs: readonly CertificatePair[]): string =>
    JSON.stringify(pairs.map(({ cert, key, names }) => [String(cert), String(key), names]))
  return text(before) === text(after)
}
