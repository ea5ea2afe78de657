import { X509Certificate } from 'node:crypto'
import { tlsOptions } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { certificates } from '../../../support/certificates.js'

const { cert, key, ca } = certificates()
const other = certificates({ names: ['other.example'] })

describe('tlsOptions', () => {
  it.each([
    [{}, /"certificates" is undefined/],
    [{ certificates: [] }, /at least one/],
    [{ certificates: [{ cert }] }, /"key" is undefined/],
    [{ certificates: [{ certFile: '/a' }] }, /"keyFile" is undefined/],
    [{ certificates: [{ certFile: '/does/not/exist', keyFile: '/does/not/exist' }] }, /ENOENT/],
    [{ certificates: [{ cert, key: other.key }] }, /read and used \(.*mismatch/],
    [{ certificates: [{ cert: 'nonsense', key }] }, /read and used/],
    [{ certificates: [{ cert, key, name: ['a'] }] }, /Did you mean "names"/],
    [{ certificates: [{ cert, key }], minVersion: 'TLSv1' }, /"minVersion" is "TLSv1"; allowed: 'TLSv1.2', 'TLSv1.3'/],
    [{ certificates: [{ cert, key }], clientCertificates: {} }, /"ca" is undefined/],
    [{ certificates: [{ cert, key }], clientCertificates: { ca, mode: 'perhaps' } }, /"mode" is "perhaps"/],
    [{ certificates: [{ cert, key }], handshakeTimeoutMs: 0 }, /"handshakeTimeoutMs" is 0/],
  ])('refuses %j', (options, message) => {
    expect(() => tlsOptions(options as never)).toThrow(message)
  })

  it('gives what Node wants as fields of its own, which survive being spread', () => {
    expect({ ...tlsOptions({ certificates: [{ cert, key }] }) }).toMatchObject({
      cert,
      key,
      minVersion: 'TLSv1.2',
      handshakeTimeout: 10_000,
      requestCert: false,
      rejectUnauthorized: false,
    })
  })

  it('asks for certificates of clients, and insists unless told otherwise', () => {
    const asked = (mode?: 'optional'): unknown =>
      tlsOptions({ certificates: [{ cert, key }], clientCertificates: { ca, mode } }).rejectUnauthorized
    expect([asked(), asked('optional')]).toEqual([true, false])
  })

  it('tells which certificates are in use, for whom and until when', async () => {
    const named = { cert: other.cert, key: other.key, names: ['*.other.example'] }
    const tls = tlsOptions({ certificates: [{ cert, key }, named] })
    expect(tls.inUse.map(({ names }) => names)).toEqual([expect.arrayContaining(['localhost']), ['*.other.example']])
    expect(tls.inUse[0]!.validTo).toBe(new X509Certificate(cert).validToDate.getTime())
    await tls.reload([{ cert: other.cert, key: other.key }])
    expect(tls.inUse.map(({ names }) => names)).toEqual([['other.example']])
    tls.close()
  })
})
