import type { Exchange } from '../../exchange.js'
import type { ClientCertificate } from '../../http/client-info.js'
import { type Check, check, checkOptions } from '../../options.js'
import { ABSENT, type Authentication, accepted, type Rejected, rejected, unsure } from './authentication.js'
import { type Authenticator, type AuthOptions, authChecks, defineAuthenticator } from './authenticator.js'
import { type CertificateId, certificateParts, compileLists } from './certificate-parts.js'
import { makePrincipal } from './make-principal.js'
import type { ClaimsSaid, PrincipalLike } from './principal.js'
import { acceptedAs, askVerifier } from './verifying.js'

/** What is said of who has a certificate, unless a verifier says something else. */
export type CertificateClaims = Pick<ClientCertificate, 'subject' | 'issuer' | 'serialNumber' | 'names'>

export interface CertificateAuthOptions<Answer extends PrincipalLike | boolean | null = PrincipalLike | boolean | null>
  extends AuthOptions {
  /** Of which part the id is made; one that a certificate has not, or has several of, is denied. @default 'commonName' */
  readonly from?: CertificateId | undefined
  /**
   * Tells whose certificate it is; `true` for what `from` says. It is asked once the lists below have nothing against it.
   *
   * @default none: the lists decide
   */
  readonly verify?: ((certificate: ClientCertificate, exchange: Exchange) => Answer | Promise<Answer>) | undefined
  /** Common names that may pass. @default any */
  readonly commonNames?: readonly string[] | undefined
  /** Alternative names, as `DNS:a.example` or `URI:spiffe://…`, one of which it must have. @default any */
  readonly names?: readonly string[] | undefined
  /** SHA-256 fingerprints that may pass, with or without colons. @default any */
  readonly fingerprints?: readonly string[] | undefined
  /** Issuers that may sign, as Node gives them: a line an attribute. @default any that the server trusts */
  readonly issuers?: readonly string[] | undefined
}

const FINGERPRINT = /^(?:[0-9a-f]{2}:?){31}[0-9a-f]{2}$/i

/**
 * Knows clients by the certificate they proved to have in TLS (see `tlsOptions`), as NGINX's `ssl_verify_client` or Kong's `mtls-auth`. Whoever
 * shows none, or another, gets 403: no challenge could bring one (RFC 9110 §15.5.2).
 *
 * The certificate is that of the other end of the connection: behind a proxy that ends TLS there is none, or that proxy's. A field that
 * claims one is not looked at.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const workloads = clientCertificate({ from: 'uri', names: ['URI:spiffe://example.org/billing'], identityHeaders: { 'x-workload': 'id' } })
 * ```
 */
export function clientCertificate<Answer extends PrincipalLike | boolean | null = true>(
  options: CertificateAuthOptions<Answer> = {},
): Authenticator<ClaimsSaid<Answer, CertificateClaims>> {
  checkOptions('clientCertificate', options, {
    ...authChecks,
    from: check.oneOf(...Object.keys(certificateParts)),
    verify: check.function,
    commonNames: check.strings,
    names: check.strings,
    fingerprints: areFingerprints,
    issuers: check.strings,
  })
  const { from = 'commonName', verify, commonNames, names, fingerprints, issuers, ...rest } = options
  const whyNot = compileLists({ commonNames, names, fingerprints, issuers })
  const judge = <T>({ client }: Exchange, tell: (certificate: ClientCertificate) => T): T | Authentication => {
    const { certificate } = client
    if (certificate === null) return ABSENT
    const why = whyNot(certificate)
    return why === null ? tell(certificate) : forbidden(why)
  }
  return defineAuthenticator(
    {
      filterName: 'clientCertificate',
      challenge: null,
      status: 403,
      authenticate: (exchange) =>
        judge(exchange, (certificate) =>
          verify === undefined ? named(certificate, from) : asked(verify, certificate, exchange, from),
        ),
      strip: (exchange) => exchange,
      explain: (exchange) =>
        judge(exchange, (certificate) => (verify === undefined ? named(certificate, from) : TO_ASK)),
    },
    rest,
  )
}

const TO_ASK = unsure('it would ask whose it is')

function forbidden(why: string): Rejected {
  return { ...rejected(why), status: 403 }
}

function asked(
  verify: NonNullable<CertificateAuthOptions['verify']>,
  certificate: ClientCertificate,
  exchange: Exchange,
  from: CertificateId,
): Authentication | Promise<Authentication> {
  return askVerifier(
    'clientCertificate',
    () => verify(certificate, exchange),
    (said) => {
      if (said === null || said === false) return forbidden('the verifier rejected the certificate')
      return said === true ? named(certificate, from) : acceptedAs('clientCertificate', 'certificate', said)
    },
  )
}

function named(certificate: ClientCertificate, from: CertificateId): Authentication {
  const id = certificateParts[from](certificate)
  if (id === null || id === '') return forbidden(`it has not just one ${from}`)
  const { subject, issuer, serialNumber, names } = certificate
  return accepted(makePrincipal('certificate', { id, claims: { subject, issuer, serialNumber, names } }))
}

const areFingerprints: Check = (value) =>
  Array.isArray(value) && value.every((each) => typeof each === 'string' && FINGERPRINT.test(each))
    ? undefined
    : 'SHA-256 fingerprints in hexadecimal'
