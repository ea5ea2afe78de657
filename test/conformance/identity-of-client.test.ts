import { describe, expect, it } from 'vitest'
import { raw } from '../support/index.js'
import { ask, pairOver, tellClient, transports } from './forwarded-front.js'

const SEEN = { filters: [tellClient] }
const seenBy = (trustedProxies: readonly string[]) => ({ gateway: { ...SEEN, trustedProxies } })

describe.each(transports)('who the client is, over %s', (_, transport) => {
  it.each([
    ['nobody is trusted', [], '6.6.6.6', '127.0.0.1'],
    ['another peer is trusted', ['10.0.0.0/8'], '6.6.6.6', '127.0.0.1'],
    ['one hop is trusted', ['127.0.0.1'], '6.6.6.6, 203.0.113.9', '203.0.113.9'],
    ['one hop is trusted, by name', ['loopback'], '6.6.6.6, 203.0.113.9', '203.0.113.9'],
    ['two hops are trusted', ['127.0.0.1', '10.0.0.0/8'], '6.6.6.6, 203.0.113.9, 10.0.0.7', '203.0.113.9'],
    ['all hops are trusted', ['127.0.0.1', '10.0.0.0/8'], '10.0.0.8, 10.0.0.7', '10.0.0.8'],
    ['only the far hop is trusted', ['127.0.0.1', '203.0.113.9'], '203.0.113.9, 10.0.0.7', '10.0.0.7'],
  ] as const)(
    'H-060 when %s, the client of XFF is never the leftmost on faith',
    async (_when, trusted, chain, address) => {
      await using pair = await pairOver(transport(), seenBy(trusted))
      await ask(pair.front.port, [`X-Forwarded-For: ${chain}`])
      expect(pair.far.requests[0]!.header('x-seen-address')).toBe(address)
    },
  )

  it.each([
    [',', '127.0.0.1'],
    ['unknown', '127.0.0.1'],
    ['_hidden', '127.0.0.1'],
    ['[::1]:80', '::1'],
    ['[2001:db8::9]', '2001:db8::9'],
    ['1.2.3.4:80', '1.2.3.4'],
    ['1.2.3.4, ', '127.0.0.1'],
    ['1.2.3.4, unknown, 10.0.0.1', '10.0.0.1'],
    ['0177.0.0.1', '127.0.0.1'],
    ['1.2.3', '127.0.0.1'],
    ['1.2.3.4.evil', '127.0.0.1'],
    ['::ffff:10.0.0.1', '::ffff:10.0.0.1'],
    ['9.9.9.9, ::ffff:10.0.0.1', '9.9.9.9'],
  ])('H-060 of a trusted peer’s "X-Forwarded-For: %s" the client is %s', async (chain, address) => {
    await using pair = await pairOver(transport(), seenBy(['127.0.0.1', '10.0.0.0/8']))
    await ask(pair.front.port, [`X-Forwarded-For: ${chain}`])
    expect(pair.far.requests[0]!.header('x-seen-address')).toBe(address)
  })

  it('H-060 two X-Forwarded-For lines are one chain', async () => {
    await using pair = await pairOver(transport(), seenBy(['127.0.0.1', '10.0.0.0/8']))
    await ask(pair.front.port, ['X-Forwarded-For: 6.6.6.6', 'X-Forwarded-For: 203.0.113.9, 10.0.0.1'])
    expect(pair.far.requests[0]!.header('x-seen-address')).toBe('203.0.113.9')
  })

  it.each([
    ['trusted addresses', ['127.0.0.1', '10.0.0.0/8'], '10.0.0.1', '9.9.9.9'],
    ['unknown ones', ['127.0.0.1'], 'unknown', '127.0.0.1'],
    ['anything, of an untrusted peer', [], '10.0.0.1', '127.0.0.1'],
  ] as const)('H-060 an X-Forwarded-For of 10,000 %s costs next to nothing', async (_what, trusted, node, address) => {
    await using pair = await pairOver(transport(), { ...seenBy(trusted), maxHeaderSize: 262_144 })
    await ask(pair.front.port)
    const chain = ['9.9.9.9', ...Array<string>(9_999).fill(node)].join(',')
    const before = process.cpuUsage()
    expect((await ask(pair.front.port, [`X-Forwarded-For: ${chain}`])).status).toBe(200)
    const { user, system } = process.cpuUsage(before)
    expect(pair.far.requests[1]!.header('x-seen-address')).toBe(address)
    expect(user + system).toBeLessThan(1_000_000)
  })

  it('H-061 host and protocol are believed only where the address is', async () => {
    const claims = ['X-Forwarded-For: 9.9.9.9', 'X-Forwarded-Host: Admin.Test:8443', 'X-Forwarded-Proto: https']
    const facts = async (trusted: readonly string[]): Promise<unknown> => {
      await using pair = await pairOver(transport(), seenBy(trusted))
      await ask(pair.front.port, claims)
      return ['address', 'protocol', 'host'].map((fact) => pair.far.requests[0]!.header(`x-seen-${fact}`))
    }
    expect(await facts([])).toEqual(['127.0.0.1', 'http', 'edge.test'])
    expect(await facts(['127.0.0.1'])).toEqual(['9.9.9.9', 'https', 'admin.test'])
  })

  it('H-063 of a trusted peer that sends Forwarded alone, the client is found in it', async () => {
    await using pair = await pairOver(transport(), seenBy(['127.0.0.1', '10.0.0.0/8']))
    await ask(pair.front.port, ['Forwarded: for=6.6.6.6, for="[2001:db8::9]:4711";proto=https, for=10.0.0.1'])
    await ask(pair.front.port, ['Forwarded: for=6.6.6.6, proto=https, for=10.0.0.1'])
    await ask(pair.front.port, ['Forwarded: for="6.6.6.6, 10.0.0.1"'])
    expect(pair.far.requests.map((got) => got.header('x-seen-address'))).toEqual([
      '2001:db8::9',
      '10.0.0.1',
      '127.0.0.1',
    ])
  })

  it.each([
    'X_Forwarded_For',
    'x_forwarded_for',
    'X-Forwarded_For',
    'X_Real_IP',
    'X_Forwarded_Host',
    'Content_Length',
    'Transfer_Encoding',
    'Proxy_Authorization',
  ])(
    'H-062 %s, which an upstream may fold into a field of ours, is dropped, also from a trusted peer',
    async (name) => {
      for (const trusted of [[], ['127.0.0.1']]) {
        await using pair = await pairOver(transport(), seenBy(trusted))
        expect((await ask(pair.front.port, [`${name}: 6.6.6.6`])).status).toBe(200)
        expect(pair.far.connections[0]!.received.toString()).not.toContain('6.6.6.6')
      }
    },
  )

  it('H-062 underscoreHeaders: drop takes every name with _ away', async () => {
    await using pair = await pairOver(transport(), { gateway: { underscoreHeaders: 'drop' } })
    await ask(pair.front.port, ['X_Other: gone', 'X-Other: kept'])
    const got = pair.far.requests[0]!
    expect([got.header('x_other'), got.header('x-other')]).toEqual([undefined, 'kept'])
  })

  it('H-062 a field that we set or remove takes its aliases with it', async () => {
    const requestHeaders = { set: { 'X-User-Id': '7' }, remove: ['X-Admin-Role'] }
    await using pair = await pairOver(transport(), { forward: { requestHeaders } })
    const aliases = [
      'X_User_Id: evil',
      'x-user_id: evil',
      'X_USER-ID: evil',
      'X_Admin_Role: evil',
      'X-Admin-Role: evil',
    ]
    await ask(pair.front.port, [...aliases, 'X_Other: kept'])
    const got = pair.far.requests[0]!
    expect(pair.far.connections[0]!.received.toString()).not.toContain('evil')
    expect([got.header('x-user-id'), got.header('x_other')]).toEqual(['7', 'kept'])
  })

  it.each(['X-User : admin', 'X-User\t: admin', ' X-User: admin'])(
    'H-062 a name with a space, "%s", is a 400',
    async (line) => {
      await using pair = await pairOver(transport(), { forward: { requestHeaders: { set: { 'x-user': '7' } } } })
      const { text } = await raw(pair.front.port, `GET / HTTP/1.1\r\nHost: a\r\n${line}\r\n\r\n`, { hold: 100 })
      expect(text).toMatch(/^HTTP\/1\.1 400 /)
      expect(pair.far.connections).toHaveLength(0)
    },
  )
})
