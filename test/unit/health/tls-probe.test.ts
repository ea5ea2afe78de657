import { createPool, type Endpoint, type PoolOptions, tlsProbe } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { certificates } from '../../support/certificates.js'
import { eventually, faultyUpstream, sink, upstream } from '../../support/index.js'

const forever = new AbortController().signal
const { ca, key, cert } = certificates()
const named = certificates({ names: ['far.test'] })

function endpointAt(url: string, options: Partial<PoolOptions> = {}): Endpoint {
  return createPool({ name: 'probed', endpoints: [url], ...options }).endpoints[0]!
}

describe('tlsProbe', () => {
  it('H-199 says yes to a certificate that is good for the address, asks nothing, and closes', async () => {
    await using far = await upstream(undefined, { tls: { key, cert } })
    expect(await tlsProbe()(endpointAt(far.url, { tls: { ca } }), forever)).toBe(true)
    await eventually(() => far.accepted === 1 && far.connections === 0)
    expect(far.hits).toBe(0)
  })

  it('H-199 verifies the name that the endpoint is known by', async () => {
    await using far = await upstream(undefined, { tls: { key: named.key, cert: named.cert } })
    const probe = tlsProbe()
    await expect(probe(endpointAt(far.url, { tls: { ca } }), forever)).rejects.toThrow(/altnames|does not match/)
    expect(await probe(endpointAt(far.url, { tls: { ca, servername: 'far.test' } }), forever)).toBe(true)
    const address = { hostname: '127.0.0.1', port: far.port, connect: { lookup: undefined, tls: { ca } } }
    await expect(probe(address, forever)).rejects.toThrow(/altnames|does not match/)
    expect(await probe({ ...address, servername: 'far.test' }, forever)).toBe(true)
  })

  it('H-199 rejects an authority that it does not trust, unless told not to mind', async () => {
    await using far = await upstream(undefined, { tls: { key, cert } })
    await expect(tlsProbe()(endpointAt(far.url), forever)).rejects.toThrow(/certificate/)
    expect(await tlsProbe()(endpointAt(far.url, { tls: { rejectUnauthorized: false } }), forever)).toBe(true)
  })

  it('rejects where nobody listens, and where no TLS is spoken', async () => {
    await using nobody = await faultyUpstream('refuse')
    await using plain = await sink([], { greet: ['SSH-2.0-OpenSSH_9.2\r\n'] })
    await expect(tlsProbe()({ hostname: '127.0.0.1', port: nobody.port }, forever)).rejects.toThrow(/ECONNREFUSED/)
    await expect(tlsProbe()({ hostname: '127.0.0.1', port: plain.port }, forever)).rejects.toThrow()
  })

  it('gives up a handshake that stalls when told, and lets go of the connection', async () => {
    await using far = await sink(['stall'])
    const abort = new AbortController()
    const asked = tlsProbe()({ hostname: '127.0.0.1', port: far.port }, abort.signal)
    await eventually(() => far.connections.length === 1)
    abort.abort()
    expect(await asked).toBe(false)
    await eventually(() => far.openConnections() === 0)
  })
})
