import type { ClientCertificate } from '../../http/client-info.js'

/** What of a certificate becomes the principal's id. */
export type CertificateId = 'commonName' | 'fingerprint' | 'subject' | 'serialNumber' | 'uri' | 'dns' | 'email'

/** Reads a part; `null` where there is none, or several, of which each reader could take another. */
export type ReadCertificate = (certificate: ClientCertificate) => string | null

export const certificateParts: Readonly<Record<CertificateId, ReadCertificate>> = {
  // Node writes a line for each attribute, or several in one with " + " between them; a plus of a value's own is escaped.
  commonName: ({ subject, commonName }) => (/ \+ |^CN=[\s\S]*^CN=/m.test(subject) ? null : commonName),
  fingerprint: ({ fingerprint }) => plainFingerprint(fingerprint),
  subject: ({ subject }) => subject.replaceAll('\n', ', '),
  serialNumber: ({ serialNumber }) => serialNumber,
  uri: alternative('URI:'),
  dns: alternative('DNS:'),
  email: alternative('email:'),
}

function alternative(prefix: string): ReadCertificate {
  return ({ names }) => {
    const found = names.filter((name) => name.startsWith(prefix))
    return found.length === 1 ? found[0]!.slice(prefix.length) : null
  }
}

/** What a certificate must be; absent lists ask for nothing. */
export interface CertificateLists {
  readonly commonNames: readonly string[] | undefined
  readonly names: readonly string[] | undefined
  readonly fingerprints: readonly string[] | undefined
  readonly issuers: readonly string[] | undefined
}

/** Says why a certificate is not on the lists, or `null`. */
export function compileLists(lists: CertificateLists): (certificate: ClientCertificate) => string | null {
  const fingerprints = lists.fingerprints?.map(plainFingerprint)
  return (certificate) => {
    const commonName = certificateParts.commonName(certificate)
    if (lists.commonNames !== undefined && (commonName === null || !lists.commonNames.includes(commonName)))
      return 'its common name is not on the list'
    if (lists.names !== undefined && !certificate.names.some((name) => lists.names!.includes(name)))
      return 'none of its names is on the list'
    if (fingerprints !== undefined && !fingerprints.includes(plainFingerprint(certificate.fingerprint)))
      return 'its fingerprint is not on the list'
    return lists.issuers === undefined || lists.issuers.includes(certificate.issuer)
      ? null
      : 'its issuer is not on the list'
  }
}

/** Lower case, without colons. */
function plainFingerprint(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toLowerCase()
}
