import type { TLSSocket } from 'node:tls'
import type { ClientCertificate } from './client-info.js'

const known = new WeakMap<TLSSocket, ClientCertificate | null>()

/** The certificate that the other end of a connection proved to have; `null` for none, or one that no authority of ours has signed. */
export function clientCertificate(socket: TLSSocket): ClientCertificate | null {
  if (!socket.authorized) return null
  let certificate = known.get(socket)
  if (certificate === undefined) {
    certificate = read(socket)
    known.set(socket, certificate)
  }
  return certificate
}

function read(socket: TLSSocket): ClientCertificate | null {
  const found = socket.getPeerX509Certificate()
  if (found === undefined) return null
  const { subject, issuer, serialNumber, fingerprint256, raw, subjectAltName } = found
  return {
    subject,
    commonName: /^CN=(.*)$/m.exec(subject)?.[1] ?? null,
    names: subjectAltName?.split(', ') ?? [],
    issuer,
    serialNumber,
    fingerprint: fingerprint256,
    raw,
  }
}
