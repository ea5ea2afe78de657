import { describe, expect, it } from 'vitest'
import { ask, pairOver, transports } from './forwarded-front.js'

const TRUSTED = { trustedProxies: ['127.0.0.1', '10.0.0.0/8'] }

const CLAIMS = [
  'X-Forwarded-For: 6.6.6.6',
  'X-Forwarded-Proto: https',
  'X-Forwarded-Protocol: https',
  'X-Forwarded-Host: evil.test',
  'X-Forwarded-Port: 6666',
  'X-Forwarded-Prefix: /evil',
  'X-Forwarded-Uri: /evil',
  'X-Forwarded-Path: /evil',
  'X-Forwarded-Method: DELETE',
  'X-Forwarded-Server: evil',
  'X-Forwarded-Ssl: on',
  'X-Forwarded-Scheme: https',
  'X-Real-IP: 6.6.6.6',
  'X-Original-URL: /evil',
  'X-Rewrite-URL: /evil',
  'X-Client-IP: 6.6.6.6',
  'X-Cluster-Client-IP: 6.6.6.6',
  'True-Client-IP: 6.6.6.6',
  'CF-Connecting-IP: 6.6.6.6',
  'CF-Connecting-IPv6: 2001:db8::6',
  'CF-Pseudo-IPv4: 6.6.6.6',
  'CF-IPCountry: XX',
  'CF-Visitor: {"scheme":"https"}',
  'Forwarded: for=6.6.6.6;proto=https;host=evil.test',
]

describe.each(transports)('forwarding fields over %s', (_, transport) => {
  it.each(CLAIMS)('H-061 "%s" of an untrusted peer does not reach the upstream', async (claim) => {
    await using pair = await pairOver(transport())
    await ask(pair.front.port, [claim])
    const [name = '', value = ''] = claim.split(/: (.*)/)
    expect(pair.far.requests[0]!.header(name) ?? '').not.toBe(value)
    expect(pair.far.connections[0]!.received.toString()).not.toMatch(/6\.6\.6\.6|evil/)
  })

  it('H-061 one decision governs them all: a peer out of the list is believed in nothing', async () => {
    await using pair = await pairOver(transport(), { gateway: { trustedProxies: ['10.0.0.0/8'] } })
    await ask(pair.front.port, CLAIMS)
    const got = pair.far.requests[0]!
    expect(got.header('x-forwarded-for')).toBe('127.0.0.1')
    expect(got.header('x-forwarded-proto')).toBe('http')
    expect(got.header('x-forwarded-host')).toBe('edge.test')
    expect(got.header('x-forwarded-port')).toBe('80')
    const rest = CLAIMS.map((claim) => claim.split(':')[0]!.toLowerCase()).slice(4)
    expect(rest.filter((name) => name !== 'x-forwarded-port' && got.header(name) !== undefined)).toEqual([])
  })

  it('H-061 of a trusted peer, protocol, host and prefix are believed as its addresses are', async () => {
    await using pair = await pairOver(transport(), { gateway: TRUSTED, base: '/api' })
    const claims = ['X-Forwarded-For: 203.0.113.9', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: shop.test:8443']
    await ask(pair.front.port, [...claims, 'X-Forwarded-Prefix: /shop'], 'GET /api/x')
    const got = pair.far.requests[0]!
    expect(got.header('x-forwarded-for')).toBe('203.0.113.9, 127.0.0.1')
    expect(got.header('x-forwarded-proto')).toBe('https')
    expect(got.header('x-forwarded-host')).toBe('shop.test:8443')
    expect(got.header('x-forwarded-port')).toBe('8443')
    expect(got.header('x-forwarded-prefix')).toBe('/shop/api')
  })

  it.each([
    ['X-Forwarded-Host: a/../evil', 'x-forwarded-host', 'edge.test'],
    ['X-Forwarded-Host: good@evil', 'x-forwarded-host', 'edge.test'],
    ['X-Forwarded-Proto: javascript', 'x-forwarded-proto', 'http'],
    ['X-Forwarded-Proto: http, https', 'x-forwarded-proto', 'https'],
  ])('H-061 a trusted peer’s "%s" becomes %s: %s', async (claim, name, value) => {
    await using pair = await pairOver(transport(), { gateway: TRUSTED })
    await ask(pair.front.port, [claim])
    expect(pair.far.requests[0]!.header(name)).toBe(value)
  })

  it('H-060 an untrusted peer’s X-Forwarded-For is replaced, however often it is sent', async () => {
    await using pair = await pairOver(transport())
    await ask(pair.front.port, ['X-Forwarded-For: 6.6.6.6', 'x-forwarded-for: 7.7.7.7', 'Connection: X-Forwarded-For'])
    const lines = pair.far.requests[0]!.headers.filter(([name]) => name.toLowerCase() === 'x-forwarded-for')
    expect(lines.map(([, value]) => value)).toEqual(['127.0.0.1'])
  })

  it('H-060 a trusted peer’s X-Forwarded-For is appended to, in the order of its lines', async () => {
    await using pair = await pairOver(transport(), { gateway: TRUSTED })
    await ask(pair.front.port, ['X-Forwarded-For: 6.6.6.6, 203.0.113.9', 'X-Forwarded-For: 10.0.0.7'])
    const lines = pair.far.requests[0]!.headers.filter(([name]) => name.toLowerCase() === 'x-forwarded-for')
    expect(lines.map(([, value]) => value)).toEqual(['6.6.6.6, 203.0.113.9, 10.0.0.7, 127.0.0.1'])
  })

  it.each([
    ['203.0.113.9', 'for=203.0.113.9'],
    ['2001:db8::1', 'for="[2001:db8::1]"'],
    ['::ffff:203.0.113.9', 'for="[::ffff:203.0.113.9]"'],
    ['[2001:db8::1]:4711', 'for="[2001:db8::1]:4711"'],
    ['203.0.113.9:80', 'for="203.0.113.9:80"'],
    ['_hidden', 'for=_hidden'],
    ['1.1.1.1";host=evil;by="', 'for="1.1.1.1\\";host=evil;by=\\""'],
  ])('H-063 X-Forwarded-For: %s is told in Forwarded as %s', async (chain, node) => {
    await using pair = await pairOver(transport(), { gateway: TRUSTED, forward: { forwarded: 'both' } })
    await ask(pair.front.port, [`X-Forwarded-For: ${chain}`])
    const got = pair.far.requests[0]!
    expect(got.header('forwarded')).toBe(`${node}, for=127.0.0.1;host=edge.test;proto=http`)
    expect(got.header('x-forwarded-for')).toBe(`${chain}, 127.0.0.1`)
  })

  it('H-063 the host that is emitted cannot inject: it is quoted, and nothing but an authority', async () => {
    await using pair = await pairOver(transport(), { gateway: TRUSTED, forward: { forwarded: 'forwarded' } })
    await ask(pair.front.port, ['X-Forwarded-Host: [2001:db8::1]:8080'])
    await ask(pair.front.port, ['X-Forwarded-Host: a.test;for=6.6.6.6'])
    await ask(pair.front.port, ['X-Forwarded-Host: a.test";for="6.6.6.6'])
    expect(pair.far.requests.map((got) => got.header('forwarded'))).toEqual([
      'for=127.0.0.1;host="[2001:db8::1]:8080";proto=http',
      'for=127.0.0.1;host=edge.test;proto=http',
      'for=127.0.0.1;host=edge.test;proto=http',
    ])
  })

  it.each([
    ['for=203.0.113.9', '203.0.113.9'],
    ['For="203.0.113.9"', '203.0.113.9'],
    ['for="[2001:db8::1]:4711"', '[2001:db8::1]:4711'],
    ['for=_gazonk', '_gazonk'],
    ['for=6.6.6.6;proto=http;by=1.1.1.1, for=203.0.113.9', '6.6.6.6, 203.0.113.9'],
    ['for=6.6.6.6, proto=http', '6.6.6.6, unknown'],
    ['for="2\\03.0.113.9"', '203.0.113.9'],
  ])('H-063 "Forwarded: %s" of a trusted peer is read as %s', async (field, chain) => {
    await using pair = await pairOver(transport(), { gateway: TRUSTED })
    await ask(pair.front.port, [`Forwarded: ${field}`])
    const got = pair.far.requests[0]!
    expect(got.header('x-forwarded-for')).toBe(`${chain}, 127.0.0.1`)
    expect(got.header('forwarded')).toBeUndefined()
  })

  it.each([
    'for=1.1.1.1 proto=http',
    'for="1.1.1.1',
    'for=',
    'for 1.1.1.1',
    'for=1.1.1.1;for=2.2.2.2',
    'for="1.1.1.1, 2.2.2.2"',
    'for="a\\"b"',
    'for=2001:db8::1',
    'for=1.1.1.1; proto = http',
  ])('H-063 a malformed "Forwarded: %s" is dropped as a whole', async (field) => {
    await using pair = await pairOver(transport(), { gateway: TRUSTED, forward: { forwarded: 'both' } })
    await ask(pair.front.port, [`Forwarded: ${field}`])
    const got = pair.far.requests[0]!
    expect(got.header('x-forwarded-for')).toBe('127.0.0.1')
    expect(got.header('forwarded')).toBe('for=127.0.0.1;host=edge.test;proto=http')
  })

  it.each(['x-forwarded', 'forwarded', 'both'] as const)(
    'H-063 in the style "%s", X-Forwarded-For and Forwarded cannot disagree, though the peer’s did',
    async (forwarded) => {
      await using pair = await pairOver(transport(), { gateway: TRUSTED, forward: { forwarded } })
      await ask(pair.front.port, ['X-Forwarded-For: 203.0.113.9', 'Forwarded: for=6.6.6.6;host=evil.test;proto=https'])
      const got = pair.far.requests[0]!
      const expected = {
        'x-forwarded-for': forwarded === 'forwarded' ? undefined : '203.0.113.9, 127.0.0.1',
        forwarded: forwarded === 'x-forwarded' ? undefined : 'for=203.0.113.9, for=127.0.0.1;host=edge.test;proto=http',
      }
      expect({ 'x-forwarded-for': got.header('x-forwarded-for'), forwarded: got.header('forwarded') }).toEqual(expected)
    },
  )

  it('H-061 in the style "off" an untrusted peer’s claims are gone all the same', async () => {
    await using pair = await pairOver(transport(), { forward: { forwarded: 'off' } })
    await ask(pair.front.port, CLAIMS)
    const names = pair.far.requests[0]!.headers.map(([name]) => name.toLowerCase())
    expect(names.filter((name) => /forwarded|real-ip|original|rewrite|client-ip|^cf-/.test(name))).toEqual([])
  })
})
