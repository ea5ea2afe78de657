import { attachUpgrade, changeHeaders, type Filter, type Handler, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { afterReplies, parseReplies, raw, type Sink, sink } from '../support/index.js'
import {
  type Edge,
  edgeTo,
  expectRefused,
  head,
  refusal,
  type Seen,
  soleRequest,
  statuses,
  transports,
} from './edge.js'

describe.each(transports)('heads of requests over $name', ({ make }) => {
  it.each([
    ['H-012 two different Hosts', ['Host: a', 'Host: b']],
    ['H-012 two Hosts alike', ['Host: a', 'host: a']],
    ['H-012 a list of Hosts', ['Host: a, b']],
    ['H-012 an empty Host', ['Host:']],
    ['H-012 no Host', []],
    ['H-013 a Host with a path', ['Host: a/../evil']],
    ['H-013 a Host with a user', ['Host: good@evil']],
    ['H-013 a Host with a blank', ['Host: a b']],
    ['H-013 a Host with a fragment', ['Host: a#']],
    ['H-013 a Host with a query', ['Host: a?']],
    ['H-013 a Host with a backslash', ['Host: a\\b']],
    ['H-013 a Host with an escape', ['Host: a%2e']],
    ['H-013 a Host with a byte past ASCII', ['Host: \xe9']],
    ['H-013 an unfinished IPv6 Host', ['Host: [::1']],
    ['H-013 an IPv6 Host with a tail', ['Host: [::1]x']],
    ['H-013 a port past 65535', ['Host: a:99999']],
    ['H-013 two ports', ['Host: a:80:80']],
    ['H-013 a port with a sign', ['Host: a:+80']],
    ['H-013 a label of 300 letters', [`Host: ${'a'.repeat(300)}`]],
    ['H-013 two trailing dots', ['Host: a..']],
    ['H-013 an empty label', ['Host: a..b']],
    ['H-013 a punycode prefix with nothing behind', ['Host: xn--']],
    ['H-026 two Authorizations', ['Host: a', 'Authorization: Basic YTpi', 'Authorization: Basic Yzpk']],
    ['H-026 two Content-Types', ['Host: a', 'Content-Type: text/plain', 'Content-Type: text/html']],
    ['H-025 an empty name', ['Host: a', ': x']],
    ['H-025 a name past ASCII', ['Host: a', 'x\x80: y']],
    ['H-025 a name with a blank', ['Host: a', 'x y: z']],
    ['H-025 a name with parentheses', ['Host: a', 'x(y): z']],
  ])('%s is a 400, and nothing is forwarded', async (_, fields) => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make)
    await expectKeptOut(edge, upstream, head('GET / HTTP/1.1', ...fields), 400)
  })

  describe.each(['a.example', '127.0.0.1', '[::1]', 'xn--bcher-kva.example'])('a route for host %s', (host) => {
    it.each([
      ['itself', host, true],
      ['another case', host.toUpperCase(), true],
      ['a port', `${host}:8080`, true],
      ...(/[a-z]$/.test(host) ? ([['a trailing dot', `${host}.`, true]] as const) : []),
      ['a longer name in front', host.startsWith('[') ? '[1::1]' : `evil${host}`, false],
      ['a label in front', host.startsWith('[') ? '[::1:1]' : `evil.${host}`, false],
      ['a label behind', host.startsWith('[') ? '[::11]' : `${host}.evil`, false],
      ['its name with a dash', host.startsWith('[') ? '[::2]' : `${host}-a`, false],
    ] as const)('H-013 H-042 compares the whole name: %s (%s)', async (_, field, same) => {
      await using upstream = await sink()
      await using edge = await edgeTo(upstream, make, {
        routes: (handler) => [
          { path: '/**', hosts: [host], handler: async () => reply(299) },
          { path: '/**', handler },
        ],
      })
      const result = await raw(edge.port, head('GET /api HTTP/1.1', `Host: ${field}`), { until: afterReplies(1) })
      expect(statuses(result)).toEqual([same ? 299 : 200])
    })
  })

  it.each([
    ['another host', 'GET http://evil/admin HTTP/1.1', 'Host: a'],
    ['a user', 'GET http://a@a/admin HTTP/1.1', 'Host: a'],
    ['a user like the host', 'GET http://a:80@evil/admin HTTP/1.1', 'Host: a'],
    ['another port', 'GET http://a:81/admin HTTP/1.1', 'Host: a'],
    ['another scheme', 'GET ftp://a/admin HTTP/1.1', 'Host: a'],
    ['a scheme without slashes', 'GET http:a/admin HTTP/1.1', 'Host: a'],
    ['no host', 'GET http:///admin HTTP/1.1', 'Host: a'],
    ['an unfinished IPv6 address', 'GET http://[::1 HTTP/1.1', 'Host: a'],
    ['a dot segment', 'GET http://a/x/../admin HTTP/1.1', 'Host: a'],
  ])('H-014 an absolute-form target with %s is a 400, and nobody is dialled', async (_, line, host) => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make)
    await expectKeptOut(edge, upstream, head(line, host), 400)
  })

  it('H-014 an absolute-form target never decides whom to dial', async () => {
    await using upstream = await sink()
    await using evil = await sink()
    await using edge = await edgeTo(upstream, make)
    const there = `127.0.0.1:${evil.port}`
    await raw(edge.port, head(`GET http://${there}/admin HTTP/1.1`, `Host: ${there}`), { until: afterReplies(1) })
    expect(evil.connections).toHaveLength(0)
    expect(soleRequest(upstream).target).toBe('/admin')
  })

  it.each([
    ['http://a/admin/x?q=1', '/admin/x?q=1'],
    ['HTTP://A/admin/x', '/admin/x'],
    ['http://a//%61dmin/x', '/admin/x'],
    ['http://a', '/'],
    ['http://a?q', '/?q'],
  ])('H-014 what is matched of %s is what is sent: %s', async (target, canonical) => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make)
    await raw(edge.port, head(`GET ${target} HTTP/1.1`, 'Host: a'), { until: afterReplies(1) })
    expect(edge.seen.map((seen) => seen.target)).toEqual([canonical])
    expect(soleRequest(upstream).target).toBe(canonical)
  })

  it.each([
    ['GET *', 'GET * HTTP/1.1'],
    ['POST *', 'POST * HTTP/1.1'],
    ['GET with an authority', 'GET evil:443 HTTP/1.1'],
    ['OPTIONS */x', 'OPTIONS */x HTTP/1.1'],
    ['no slash', 'GET admin HTTP/1.1'],
  ])('H-015 %s is a 400, and nothing is forwarded', async (_, line) => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make)
    await expectKeptOut(edge, upstream, head(line, 'Host: a'), 400)
  })

  it('H-015 OPTIONS * is answered here, never forwarded as /*', async () => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make)
    const result = await raw(edge.port, head('OPTIONS * HTTP/1.1', 'Host: a'), { until: afterReplies(1) })
    expect(statuses(result)).toEqual([204])
    expect(upstream.connections).toHaveLength(0)
  })

  it('H-015 CONNECT is answered with 405 where upgrades are attached, however often', async () => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make)
    for (const _ of [1, 2]) attachUpgrade(edge.server, { upgrade: () => {} })
    const { text, ended } = await raw(edge.port, head('CONNECT a:443 HTTP/1.1', 'Host: a:443'))
    expect(text).toMatch(/^HTTP\/1\.1 405 /)
    expect(ended).toBe('closed')
    expect(upstream.connections).toEqual([])
  })

  it('H-015 CONNECT opens no tunnel', async () => {
    await using upstream = await sink()
    await using evil = await sink()
    await using edge = await edgeTo(upstream, make)
    const there = `127.0.0.1:${evil.port}`
    const bytes = head(`CONNECT ${there} HTTP/1.1`, `Host: ${there}`) + head('GET /secret HTTP/1.1', 'Host: a')
    const result = await refusal(edge, bytes)
    expect(result.ended).not.toBe('open')
    expect(result.text).not.toMatch(/^HTTP\/1\.1 2/)
    expect([upstream.connections, evil.connections]).toEqual([[], []])
    expect(edge.seen).toEqual([])
  })

  it.each(['HTTP/0.9', 'HTTP/1.2', 'HTTP/2.0', 'HTTP/3.0', 'HTTP/01.1', 'HTTP/1.10', 'http/1.1', 'ICE/1.0', ''])(
    'H-016 version %j is refused, and nothing is forwarded',
    async (version) => {
      await using upstream = await sink()
      await using edge = await edgeTo(upstream, make)
      await expectKeptOut(edge, upstream, head(`GET /x ${version}`.trimEnd(), 'Host: a'), 400, 505)
    },
  )

  it('H-016 a request of HTTP/0.9 is refused, and nothing is forwarded', async () => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make)
    await expectKeptOut(edge, upstream, 'GET /x\r\n\r\n', 400, 505)
  })

  it.each([
    ['GET with NUL', head('GET\0 / HTTP/1.1', 'Host: a')],
    ['get', head('get / HTTP/1.1', 'Host: a')],
    ['FOO', head('FOO / HTTP/1.1', 'Host: a')],
    ['a method of 64 KiB', head(`${'A'.repeat(65_536)} / HTTP/1.1`, 'Host: a')],
    ['the HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a blank in front', head(' GET / HTTP/1.1', 'Host: a')],
  ])('H-017 %s is a 400, and nothing is forwarded', async (_, bytes) => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make)
    await expectKeptOut(edge, upstream, bytes, 400)
  })

  it.each(['X-HTTP-Method-Override: DELETE', 'X-HTTP-Method: DELETE', 'X-Method-Override: DELETE'])(
    'H-017 %s changes neither what is matched nor what is sent',
    async (field) => {
      await using upstream = await sink()
      await using edge = await edgeTo(upstream, make, {
        routes: (handler) => [
          { path: '/x', methods: ['GET'], handler },
          { path: '/x', methods: ['DELETE'], handler: async () => reply(299) },
        ],
      })
      const result = await raw(edge.port, head('GET /x?_method=DELETE HTTP/1.1', 'Host: a', field), {
        until: afterReplies(1),
      })
      expect(statuses(result)).toEqual([200])
      expect(soleRequest(upstream).method).toBe('GET')
    },
  )

  it.each([
    ['a field of 20 KB', head('GET / HTTP/1.1', 'Host: a', `X: ${'x'.repeat(20_000)}`)],
    ['a target of 20 KB', head(`GET /${'x'.repeat(20_000)} HTTP/1.1`, 'Host: a')],
    ['201 fields', head('GET / HTTP/1.1', 'Host: a', ...manyFields(199), 'X-Real-User: x')],
    ['2,100 fields', head('GET / HTTP/1.1', 'Host: a', ...manyFields(2_098), 'X-Real-User: x')],
  ])('H-022 %s is a 431, and nothing is forwarded', async (_, bytes) => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make)
    await expectKeptOut(edge, upstream, bytes, 431)
  })

  it('H-022 2,100 fields are a 431 where Node would have dropped the last without a word', async () => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make, { server: { maxHeaderSize: 65_536 } })
    const bytes = head('GET / HTTP/1.1', 'Host: a', ...manyFields(2_098), 'X-Real-User: x')
    await expectKeptOut(edge, upstream, bytes, 431)
  })

  it('H-022 the last of 200 fields arrives', async () => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make)
    const bytes = head('GET / HTTP/1.1', 'Host: a', ...manyFields(198), 'X-Real-User: x')
    expect(statuses(await raw(edge.port, bytes, { until: afterReplies(1) }))).toEqual([200])
    const got = soleRequest(upstream)
    expect([got.header('x-0'), got.header('x-197'), got.header('x-real-user')]).toEqual(['y', 'y', 'x'])
  })

  it('H-022 a path past the limit is a 414', async () => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make)
    const bytes = head(`GET /${'x'.repeat(2_048)} HTTP/1.1`, 'Host: a')
    expect(statuses(await raw(edge.port, bytes, { until: afterReplies(1) }))).toEqual([414])
    expect(upstream.connections).toHaveLength(0)
  })

  const EVIL = ['a\r\nX-Evil: y', 'a\nX-Evil: y', 'a\rX-Evil: y', 'a\0b', 'a\u2028b']

  it.each(EVIL)('H-023 a reply field %j of a filter becomes a plain 500', async (value) => {
    await using upstream = await sink()
    const filter: Filter = async (exchange, next) => {
      const passed = await next(exchange)
      return { ...passed, headers: changeHeaders(passed.headers, { 'x-request-id': value }) }
    }
    await using edge = await edgeTo(upstream, make, { filters: [filter] })
    await expectFailsAlone(edge)
  })

  it.each(EVIL)('H-023 a reply field %j of a handler becomes a plain 500', async (value) => {
    await using upstream = await sink()
    const handler: Handler = async () => reply(302, null, { location: value })
    await using edge = await edgeTo(upstream, make, { routes: () => [{ path: '/**', handler }] })
    await expectFailsAlone(edge)
  })

  it.each(EVIL)('H-023 a request field %j of a filter never reaches the upstream', async (value) => {
    await using upstream = await sink()
    const filter: Filter = (exchange, next) =>
      next(exchange.with({ headers: changeHeaders(exchange.headers, { 'x-user': value }) }))
    await using edge = await edgeTo(upstream, make, { filters: [filter] })
    await expectFailsAlone(edge)
    expect(upstream.requests).toHaveLength(0)
  })

  it.each(['x\r\ny', 'x y', 'x:y', ''])('H-023 a request field named %j never reaches the upstream', async (name) => {
    await using upstream = await sink()
    const filter: Filter = (exchange, next) =>
      next(exchange.with({ headers: changeHeaders(exchange.headers, { [name]: 'z' }) }))
    await using edge = await edgeTo(upstream, make, { filters: [filter] })
    await expectFailsAlone(edge)
    expect(upstream.requests).toHaveLength(0)
  })

  it.each(['/r/%0d%0aSet-Cookie:x', '/r/%0aSet-Cookie:x', '/r/%00'])(
    'H-023 %s is a 400 before anybody builds a field of it',
    async (target) => {
      await using upstream = await sink()
      await using edge = await edgeTo(upstream, make)
      await expectKeptOut(edge, upstream, head(`GET ${target} HTTP/1.1`, 'Host: a'), 400)
    },
  )

  it.each(['/x\r\nSet-Cookie: y', '/x y', '/x\0', '/../x', '/x#y', '/x?y\r\nz'])(
    'H-023 a rewrite that returns %j becomes a plain 500',
    async (target) => {
      await using upstream = await sink()
      await using edge = await edgeTo(upstream, make, { forward: { pathRewrite: () => target } })
      await expectFailsAlone(edge)
      expect(upstream.requests).toHaveLength(0)
    },
  )

  it.each([
    ['latin1', 'caf\xe9 \xff'],
    ['UTF-8', Buffer.from('café €').toString('latin1')],
    ['a tab', 'a\tb'],
  ])('H-024 a field with %s passes unchanged in both directions', async (_, value) => {
    await using upstream = await sink([
      'waitBody',
      `HTTP/1.1 200 OK\r\nX-Text: ${value}\r\nSet-Cookie: a=${value}\r\nContent-Length: 0\r\n\r\n`,
    ])
    await using edge = await edgeTo(upstream, make)
    const bytes = head('GET / HTTP/1.1', 'Host: a', `X-Text: ${value}`, `Cookie: a=${value}`)
    const { text } = await raw(edge.port, bytes, { until: afterReplies(1) })
    const got = soleRequest(upstream)
    expect([got.header('x-text'), got.header('cookie')]).toEqual([value, `a=${value}`])
    const [answer] = parseReplies(text)
    expect([answer!.status, answer!.header('x-text'), answer!.header('set-cookie')]).toEqual([200, value, `a=${value}`])
  })

  it.each(['caf\xe9', Buffer.from('€').toString('latin1'), ''])(
    'H-024 a reason phrase %j does no harm',
    async (reason) => {
      await using upstream = await sink(['waitBody', `HTTP/1.1 200 ${reason}\r\nContent-Length: 0\r\n\r\n`])
      await using edge = await edgeTo(upstream, make)
      const result = await raw(edge.port, head('GET / HTTP/1.1', 'Host: a'), { until: afterReplies(1) })
      expect(statuses(result)).toEqual([200])
    },
  )

  it.each(['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'prototype'])(
    'H-025 a field named %s is a field like any other, in both directions',
    async (name) => {
      await using upstream = await sink(['waitBody', `HTTP/1.1 200 OK\r\n${name}: x\r\nContent-Length: 0\r\n\r\n`])
      await using edge = await edgeTo(upstream, make)
      const bytes = head('GET / HTTP/1.1', 'Host: a', `${name}: x`)
      const { text } = await raw(edge.port, bytes, { until: afterReplies(1) })
      const [answer] = parseReplies(text)
      expect(answer!.status).toBe(200)
      // undici reads an upstream's fields into an ordinary object, which cannot hold this one.
      if (name !== '__proto__') expect(answer!.header(name)).toBe('x')
      expect(({} as Record<string, unknown>)['x']).toBeUndefined()
      const fromClient = edge.seen[0]!.exchange.headers[name.toLowerCase()]
      expect(fromClient).toBe('x')
      expect(soleRequest(upstream).header(name)).toBe('x')
    },
  )

  it.each([
    ['X-Api-Key', 'x-api-key', 'k1, k2'],
    ['Cookie', 'cookie', 'k1; k2'],
    ['X-User', 'x-user', 'k1, k2'],
  ])('H-026 what filters see of two %s fields is what is sent', async (name, key, joined) => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make)
    await raw(edge.port, head('GET / HTTP/1.1', 'Host: a', `${name}: k1`, `${name}: k2`), { until: afterReplies(1) })
    const [seen] = edge.seen as readonly [Seen]
    expect(seen.exchange.headers[key]).toBe(joined)
    expect(soleRequest(upstream).header(key)).toBe(joined)
  })

  async function expectKeptOut(edge: Edge, upstream: Sink, bytes: string, ...allowed: number[]): Promise<void> {
    expectRefused(await refusal(edge, bytes), ...allowed)
    expect(upstream.connections).toHaveLength(0)
    expect(edge.seen).toEqual([])
  }

  /** The reply is a 500 without anything of the attempt in it, and the next request on the connection is served. */
  async function expectFailsAlone(edge: Edge): Promise<void> {
    const twice = head('GET /x HTTP/1.1', 'Host: a') + head('GET /y HTTP/1.1', 'Host: a')
    const result = await raw(edge.port, twice, { until: afterReplies(2) })
    expect(statuses(result)).toEqual([500, 500])
    expect(result.text).not.toMatch(/evil/i)
  }
})

function manyFields(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `x-${at}: y`)
}
