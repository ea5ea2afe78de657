import { type CertificateAuthOptions, type ClientCertificate, clientCertificate } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { type Met, meets } from './kit.js'

const FINGERPRINT = 'AB:'.repeat(31).concat('01')
const billing: ClientCertificate = {
  subject: 'O=Acme\nCN=billing',
  commonName: 'billing',
  names: ['DNS:billing.acme', 'DNS:b.acme', 'URI:spiffe://acme/billing', 'email:b@acme.example'],
  issuer: 'CN=Acme CA',
  serialNumber: '01AF',
  fingerprint: FINGERPRINT,
  raw: new Uint8Array(),
}

const shows = (options: CertificateAuthOptions = {}, certificate: ClientCertificate | null = billing): Promise<Met> =>
  meets((events) => clientCertificate({ events, ...options }), { client: { certificate } })

describe('a client’s certificate', () => {
  it.each<[CertificateAuthOptions['from'], string]>([
    [undefined, 'billing'],
    ['commonName', 'billing'],
    ['fingerprint', 'ab'.repeat(31).concat('01')],
    ['subject', 'O=Acme, CN=billing'],
    ['serialNumber', '01AF'],
    ['uri', 'spiffe://acme/billing'],
    ['email', 'b@acme.example'],
  ])('gives the principal its id: %s', async (from, who) => {
    const met = await shows({ from })
    expect([met.status, met.who]).toEqual([200, who])
  })

  it.each<[string, CertificateAuthOptions, Partial<ClientCertificate>]>([
    ['several names of the kind', { from: 'dns' }, {}],
    ['none of the kind', { from: 'uri' }, { names: ['DNS:uri'] }],
    ['two common names', {}, { subject: 'CN=billing\nCN=admin' }],
    ['two common names in one line', {}, { subject: 'CN=billing + CN=admin', commonName: 'billing + CN=admin' }],
    ['no common name', {}, { subject: 'O=x', commonName: null }],
    ['another common name', { commonNames: ['admin'] }, {}],
    ['other names', { names: ['DNS:admin.acme'] }, {}],
    ['a name of another kind', { names: ['DNS:spiffe://acme/billing'] }, {}],
    ['another fingerprint', { fingerprints: ['00'.repeat(32)] }, {}],
    ['another issuer', { issuers: ['CN=Other CA'] }, {}],
    ['one list of two', { commonNames: ['billing'], issuers: ['CN=Other CA'] }, {}],
  ])('is denied with %s', async (_what, options, odd) => {
    const met = await shows(options, { ...billing, ...odd })
    expect([met.status, met.who, met.reply.headers['www-authenticate']]).toEqual([403, undefined, undefined])
  })

  it.each<[string, CertificateAuthOptions]>([
    ['common names', { commonNames: ['admin', 'billing'] }],
    ['names', { names: ['URI:spiffe://acme/billing'] }],
    ['fingerprints', { fingerprints: [FINGERPRINT.toLowerCase()] }],
    ['fingerprints without colons', { fingerprints: [FINGERPRINT.replaceAll(':', '')] }],
    ['issuers', { issuers: ['CN=Acme CA'] }],
  ])('passes where it is on the list of %s', async (_what, options) => expect((await shows(options)).status).toBe(200))

  it('H-134 is missed with a 403, since no challenge could bring one', async () => {
    const met = await shows({}, null)
    expect([met.status, met.why, met.reply.headers['www-authenticate']]).toEqual([403, ['no credential'], undefined])
  })

  it.each<[string, CertificateAuthOptions['verify'], number, string | undefined]>([
    ['a principal', async ({ commonName }) => ({ id: `c:${commonName}` }), 200, 'c:billing'],
    ['true', () => true, 200, 'billing'],
    ['false', async () => false, 403, undefined],
    ['null', () => null, 403, undefined],
  ])('is judged by a verifier that says %s', async (_what, verify, status, who) => {
    const met = await shows({ verify })
    expect([met.status, met.who]).toEqual([status, who])
  })

  it('is told to the verifier only once it is on the lists', async () => {
    let asked = 0
    const verify = (): boolean => ++asked > 0
    await shows({ verify, commonNames: ['admin'] })
    expect(asked).toBe(0)
  })

  it.each<[unknown, RegExp]>([
    [{ from: 'cn' }, /"from" is "cn"; allowed: 'commonName'/],
    [{ fingerprints: ['ab'] }, /SHA-256 fingerprints in hexadecimal/],
    [{ fingerprint: [] }, /Did you mean "fingerprints"/],
  ])('H-155 refuses %j', (options, message) => expect(() => clientCertificate(options as never)).toThrow(message))
})
