import { X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'

/** A certificate with its key, in PEM; chain included. */
export interface CertificatePair {
  /** The certificate and its chain. */
  readonly cert: string | Buffer
  /** Its key. */
  readonly key: string | Buffer
  /** Of a key that is encrypted. @default none */
  readonly passphrase?: string | undefined
  /** Host names it is for; `*.a.example` covers one label. @default its subject alternative names, or its common name */
  readonly names?: readonly string[] | undefined
}

/** What a certificate that is in use is for, and until when. */
export interface CertificateInUse {
  /** Host names it is for. */
  readonly names: readonly string[]
  /** Its end, in milliseconds since 1970. */
  readonly validTo: number
}

/** Certificates by the name a client asks for (SNI, RFC 6066 §3). A value: new certificates make a new table. */
export class CertificateTable {
  /** Of the certificate for clients that ask for no name, or for one that nobody has. */
  readonly first: CertificatePair
  readonly names: readonly string[]
  readonly inUse: readonly CertificateInUse[]
  readonly #exact = new Map<string, SecureContext>()
  readonly #wildcard = new Map<string, SecureContext>()
  readonly #fallback: SecureContext | null

  /**
   * @param common What all contexts share: versions, ciphers, authorities of clients.
   * @throws What `node:tls` says of a certificate or a key that it can't use.
   */
  constructor(pairs: readonly CertificatePair[], common: SecureContextOptions, refuseUnknown: boolean) {
    this.first = pairs[0]!
    const inUse: CertificateInUse[] = []
    let fallback: SecureContext | null = null
    for (const { cert, key, passphrase, names: wanted } of pairs) {
      const context = createSecureContext({ ...common, cert, key, ...(passphrase === undefined ? {} : { passphrase }) })
      fallback ??= context
      const parsed = new X509Certificate(cert)
      const names = wanted ?? namesOf(parsed)
      inUse.push({ names, validTo: parsed.validToDate.getTime() })
      for (const name of names) this.#add(name.toLowerCase(), context)
    }
    this.inUse = inUse
    this.#fallback = refuseUnknown ? null : fallback
    this.names = [...this.#exact.keys(), ...Array.from(this.#wildcard.keys(), (parent) => `*.${parent}`)]
  }

  /** The context for a name; `null` where it is refused. */
  find(servername: string): SecureContext | null {
    const name = servername.toLowerCase()
    const parent = name.slice(name.indexOf('.') + 1)
    return this.#exact.get(name) ?? this.#wildcard.get(parent) ?? this.#fallback
  }

  /** The first certificate that names a host is the one it gets. */
  #add(name: string, context: SecureContext): void {
    const [table, key] = name.startsWith('*.') ? [this.#wildcard, name.slice(2)] : [this.#exact, name]
    if (!table.has(key)) table.set(key, context)
  }
}

function namesOf({ subjectAltName, subject }: X509Certificate): string[] {
  const names = (subjectAltName?.split(', ') ?? [])
    .filter((name) => name.startsWith('DNS:'))
    .map((name) => name.slice(4))
  const common = /^CN=(.*)$/m.exec(subject)?.[1]
  return names.length > 0 || common === undefined ? names : [common]
}
