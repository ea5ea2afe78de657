import { connect, createServer, type Server } from 'node:net'
import { ban, tlsOptions } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { certificates } from '../../../support/certificates.js'
import { eventually } from '../../../support/index.js'
import { kept } from './kit.js'

async function listening(path?: string): Promise<Server> {
  const server = createServer()
  await new Promise<void>((resolve) => (path ? server.listen(path, resolve) : server.listen(0, '127.0.0.1', resolve)))
  return server
}

describe('what is looked at', () => {
  it('is servers’ connections, by address, until they are closed', async () => {
    const server = await listening()
    const { port } = server.address() as { port: number }
    const client = connect(port, '127.0.0.1')
    client.on('error', () => {})
    using it = kept({ servers: [server] })
    const labels = { server: `127.0.0.1:${port}` }
    await eventually(async () => (await it.scrape()).value('edgewise_connections', labels) === 1)
    client.destroy()
    await eventually(async () => (await it.scrape()).value('edgewise_connections', labels) === 0)
    await new Promise((resolve) => server.close(resolve))
    expect((await it.scrape()).value('edgewise_connections', { server: 'closed' })).toBe(0)
  })

  it('is the end of certificates, in seconds since 1970, the earliest of each name', async () => {
    const { cert, key } = certificates({ names: ['a.test'] })
    const tls = tlsOptions({ certificates: [{ cert, key }] })
    using it = kept({
      tls: [
        tls,
        {
          inUse: [
            { names: ['b.test'], validTo: 9_000 },
            { names: ['b.test'], validTo: 8_000 },
          ],
        },
      ],
    })
    const { value } = await it.scrape()
    const end = (name: string) => value('edgewise_certificate_expiry_timestamp_seconds', { name })
    expect(end('a.test')).toBe(tls.inUse[0]!.validTo / 1000)
    expect(end('a.test')).toBeGreaterThan(Date.now() / 1000)
    expect(end('b.test')).toBe(8)
    tls.close()
  })

  it('is how many are banned', async () => {
    const bans = ban()
    using it = kept({ bans: [bans] })
    bans.ban('192.0.2.1', 60_000)
    bans.ban('192.0.2.2', 60_000)
    expect((await it.scrape()).value('edgewise_bans_active')).toBe(2)
  })
})
