import { createGateway, forward } from 'edgewise'
import { toNode } from 'edgewise/node'
import { describe, expect, it } from 'vitest'
import { afterReplies, parseReplies, raw, type Sink, sink } from '../support/index.js'
import { edgeTo, head, listen, refusal, soleRequest, statuses, transports } from './edge.js'

/** An upstream that replies with a Location. */
function redirecting(status: number, location: string): Promise<Sink> {
  return sink(['waitBody', `HTTP/1.1 ${status} Moved\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`])
}

describe.each(transports)('whom a request reaches over $name', ({ make }) => {
  describe.each([
    ['//EVIL/x', '/EVIL/x'],
    ['///EVIL/x', '/EVIL/x'],
    ['//EVIL', '/EVIL'],
    ['/http://EVIL/x', '/http:/EVIL/x'],
    ['/@EVIL/x', '/@EVIL/x'],
    ['/.EVIL/x', '/.EVIL/x'],
    ['/:1@EVIL/x', '/:1@EVIL/x'],
    ['/\\EVIL/x', 400],
    ['/\\/EVIL/x', 400],
    ['\\\\EVIL/x', 400],
    ['http:EVIL', 400],
    ['http:/EVIL/x', 400],
    ['http://EVIL/x', 400],
    ['http://a@EVIL/x', 400],
    ['\t//EVIL/x', 400],
    ['@EVIL/x', 400],
    ['.EVIL/x', 400],
    [':1@EVIL/x', 400],
    ['EVIL/x', 400],
  ])('target %s', (target, becomes) => {
    it('H-044 goes to the configured upstream, or nowhere', async () => {
      await using upstream = await sink()
      await using evil = await sink()
      await using edge = await edgeTo(upstream, make)
      const at = (text: string): string => text.replace('EVIL', `127.0.0.1:${evil.port}`)
      const bytes = head(`GET ${at(target)} HTTP/1.1`, 'Host: a')
      if (becomes === 400) {
        expect(statuses(await refusal(edge, bytes))).toEqual([400])
        expect(upstream.connections).toEqual([])
      } else {
        const result = await raw(edge.port, bytes, { until: afterReplies(1) })
        expect(statuses(result)).toEqual([200])
        const got = soleRequest(upstream)
        expect([got.target, got.header('host')]).toEqual([at(becomes as string), 'a'])
      }
      expect(evil.connections).toEqual([])
    })

    it('H-044 goes to the configured upstream, or nowhere, when a rewrite returns it', async () => {
      await using upstream = await sink()
      await using evil = await sink()
      const rewritten = target.replace('EVIL', `127.0.0.1:${evil.port}`)
      await using edge = await edgeTo(upstream, make, { forward: { pathRewrite: () => rewritten, changeOrigin: true } })
      const result = await raw(edge.port, head('GET /x HTTP/1.1', 'Host: a'), { until: afterReplies(1) })
      expect([200, 500]).toContain(statuses(result)[0])
      for (const { connections } of [upstream]) {
        if (connections.length > 0) expect(soleRequest(upstream).header('host')).toBe(`127.0.0.1:${upstream.port}`)
      }
      expect(evil.connections).toEqual([])
    })
  })

  it.each([201, 300, 301, 302, 303, 305, 307, 308])(
    'H-045 the Location of a %i passes byte for byte, whatever it names',
    async (status) => {
      for (const location of ['//evil/x', 'http://127.0.0.1:1/a/../b?x#y', '/\\evil', 'https://evil:443', 'x y']) {
        await using upstream = await redirecting(status, location)
        await using edge = await edgeTo(upstream, make, { forward: { changeOrigin: true } })
        const { text } = await raw(edge.port, head('GET /x HTTP/1.1', 'Host: a'), { until: afterReplies(1) })
        const [answer] = parseReplies(text)
        expect([answer!.status, answer!.header('location')]).toEqual([status, location])
      }
    },
  )

  it.each(['//evil.com', '//evil.com/..;/', '/%2f%2fevil.com', '/\\evil.com', '//evil.com/%2e%2e'])(
    'H-045 %s is never answered by a redirect to its canonical form',
    async (target) => {
      await using upstream = await sink()
      await using edge = await edgeTo(upstream, make)
      const { text } = await raw(edge.port, head(`GET ${target} HTTP/1.1`, 'Host: a'), { until: afterReplies(1) })
      const [answer] = parseReplies(text)
      expect([200, 400]).toContain(answer!.status)
      expect(answer!.header('location')).toBeUndefined()
    },
  )

  it.each([
    ['GET', 302],
    ['GET', 307],
    ['POST', 303],
    ['POST', 307],
    ['POST', 308],
  ])('H-046 a redirect of a %s by %i is the client’s to follow', async (method, status) => {
    await using evil = await sink()
    await using upstream = await redirecting(status, `${evil.url}/latest/meta-data`)
    await using edge = await edgeTo(upstream, make)
    const fields = ['Host: a', 'Authorization: Basic YTpi', 'Cookie: a=b']
    const bytes =
      method === 'POST'
        ? `${head('POST /x HTTP/1.1', ...fields, 'Content-Length: 5')}hello`
        : head('GET /x HTTP/1.1', ...fields)
    expect(statuses(await raw(edge.port, bytes, { until: afterReplies(1) }))).toEqual([status])
    soleRequest(upstream)
    expect(evil.connections).toEqual([])
  })

  it.each([
    '?',
    '??',
    '?a=1&a=2',
    '?a=2&b=1&a=1',
    '?__proto__[x]=1&constructor=1',
    '?a;b=1;c',
    '?a=%2e%2e%2f&b=%zz&c=%',
    '?a=+%20%2B',
    '?/../admin//x',
    '?"<>\'{}|^`[]\\',
    '?a=%00%0d%0a',
    '?http://evil/',
    '?a=b?c=d',
  ])('H-047 query %j passes byte for byte', async (query) => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make)
    await raw(edge.port, head(`GET /x${query} HTTP/1.1`, 'Host: a'), { until: afterReplies(1) })
    expect(edge.seen[0]!.exchange.target.query).toBe(query)
    expect(soleRequest(upstream).target).toBe(`/x${query}`)
  })

  it('H-047 10,000 parameters pass byte for byte', async () => {
    const query = `?${Array.from({ length: 10_000 }, (_, at) => `a=${at % 10}`).join('&')}`
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make, { server: { maxHeaderSize: 65_536 } })
    await raw(edge.port, head(`GET /x${query} HTTP/1.1`, 'Host: a'), { until: afterReplies(1) })
    expect(soleRequest(upstream).target).toBe(`/x${query}`)
  })

  it.each(['/a#/admin', '/#', '/a?b#c', '#', 'http://a/x#y', '/a?b\x01', '/a?b\x7f', '/a?b\xe9'])(
    'H-047 target %j is a 400',
    async (target) => {
      await using upstream = await sink()
      await using edge = await edgeTo(upstream, make)
      expect(statuses(await refusal(edge, head(`GET ${target} HTTP/1.1`, 'Host: a')))).toEqual([400])
      expect(upstream.connections).toEqual([])
    },
  )

  it('H-048 upstream and path are never joined into one key: no pair is taken for another', async () => {
    await using one = await sink()
    await using two = await sink()
    const to = (upstream: Sink, prefix: string) => forward(`${upstream.url}${prefix}`, { transport: make() })
    // As text, `…/seg` + `/one/x`, `…/seg/one` + `/x` and `…/seg/one/x` + `/` are the same destination.
    const gateway = createGateway({
      routes: [
        { path: '/one/x', handler: to(one, '/seg') },
        { path: '/x', handler: to(two, '/seg/one') },
        { path: '/', handler: to(two, '/seg/one/x') },
        { path: '/a%3A/b', handler: to(one, '') },
        { path: '/a/%3Ab', handler: to(two, '') },
      ],
    })
    const middleware = toNode(gateway)
    await using edge = await listen(
      (req, res) => middleware(req, res),
      () => gateway.close({ graceMs: 1 }),
    )
    const targets = ['/one/x', '/x', '/', '/a%3A/b', '/a/%3Ab']
    const bytes = [...targets, ...targets].map((target) => head(`GET ${target} HTTP/1.1`, 'Host: a')).join('')
    await raw(edge.port, bytes, { until: afterReplies(10) })
    const got = (upstream: Sink): string[] => upstream.requests.map(({ target }) => target)
    expect(got(one)).toEqual(['/seg/one/x', '/a%3A/b', '/seg/one/x', '/a%3A/b'])
    expect(got(two)).toEqual(['/seg/one/x', '/seg/one/x/', '/a/%3Ab', '/seg/one/x', '/seg/one/x/', '/a/%3Ab'])
  })

  it('H-048 the memo of Host fields keeps hosts apart that share a prefix or a delimiter', async () => {
    await using upstream = await sink()
    const host = (name: string) => ({
      path: '/**',
      hosts: [name],
      handler: forward(upstream.url, { transport: make(), requestHeaders: { set: { 'x-route': name } } }),
    })
    await using edge = await edgeTo(upstream, make, {
      routes: (handler) => [host('a'), host('a.b'), host('b'), { path: '/**', handler }],
    })
    const hosts = ['a', 'a.b', 'b', 'a:80', 'a.b.', 'b:1', 'c', 'a', 'c', 'A.B']
    await raw(edge.port, hosts.map((name) => head('GET / HTTP/1.1', `Host: ${name}`)).join(''), {
      until: afterReplies(hosts.length),
    })
    const routes = hosts.map((name) => upstream.requests.find((got) => got.header('host') === name)!.header('x-route'))
    expect(routes).toEqual(['a', 'a.b', 'b', 'a', 'a.b', 'b', undefined, 'a', undefined, 'a.b'])
  })
})
