import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { cached } from './cached.js'

type Step = (request: IncomingMessage, response: ServerResponse) => unknown

/** Answers the first, second, … request so; the last way all further. */
function steps(...ways: Step[]): { readonly handler: Step; readonly asked: IncomingMessage['headers'][] } {
  const asked: IncomingMessage['headers'][] = []
  return {
    asked,
    handler(request, response) {
      asked.push(request.headers)
      return ways[Math.min(asked.length, ways.length) - 1]!(request, response)
    },
  }
}
const full =
  (text: string, fields: Record<string, string> = {}): Step =>
  (_, response) =>
    response.writeHead(200, { 'cache-control': 'max-age=10', etag: '"a"', ...fields }).end(text)
const notModified =
  (fields: Record<string, string> = {}): Step =>
  (_, response) =>
    response.writeHead(304, fields).end()

describe('checking with the upstream', () => {
  it('H-186 sends our validators, never the client’s, and hands out no 304 that was not asked for', async () => {
    const far = steps(full('kept', { 'last-modified': 'as it came' }), notModified({ etag: '"a"' }))
    await using front = await cached(far.handler)
    await front.get()
    front.later(20)
    const answer = await front.get('/', {
      headers: { 'if-none-match': '"theirs"', 'if-match': '"x"', 'if-modified-since': 'then', range: 'lines=1' },
    })
    expect([answer.status, answer.body]).toEqual([200, 'kept'])
    const { 'if-none-match': tag, 'if-modified-since': since, 'if-match': match, range } = far.asked[1]!
    expect([tag, since, match, range]).toEqual(['"a"', 'as it came', undefined, undefined])
    expect(answer.headers['cache-status']).toBe('Edgewise; fwd=stale; fwd-status=304')
  })

  it('H-186 renews fields, date and age by the 304, and keeps what tells of the content', async () => {
    const far = steps(
      full('kept', { age: '5', 'x-a': '1', 'x-b': '1', 'content-type': 'text/x' }),
      notModified({
        'cache-control': 'max-age=30',
        'x-b': '2',
        'x-c': '2',
        'content-type': 'text/y',
        'content-encoding': 'gzip',
      }),
    )
    await using front = await cached(far.handler)
    await front.get()
    front.later(20)
    await front.get()
    front.later(20)
    const hit = await front.get()
    const { headers } = hit
    expect([
      headers['x-a'],
      headers['x-b'],
      headers['x-c'],
      headers['content-type'],
      headers['content-encoding'],
    ]).toEqual(['1', '2', '2', 'text/x', undefined])
    expect([hit.body, headers['content-length'], headers['age']]).toEqual(['kept', '4', '20'])
    expect(far.asked).toHaveLength(2)
  })

  it('H-186 a 304 without any validator is about what was asked', async () => {
    const far = steps(full('kept'), notModified())
    await using front = await cached(far.handler)
    await front.get()
    front.later(20)
    expect((await front.get()).body).toBe('kept')
  })

  it('H-186 a 304 about something else is asked again without conditions, and never handed out', async () => {
    const far = steps(full('old'), notModified({ etag: '"b"' }), full('new', { etag: '"c"' }))
    await using front = await cached(far.handler)
    await front.get()
    front.later(20)
    const answer = await front.get('/', { headers: { 'if-none-match': '"x"' } })
    expect([answer.status, answer.body]).toEqual([200, 'new'])
    expect(far.asked.map((headers) => headers['if-none-match'])).toEqual([undefined, '"a"', undefined])
    expect((await front.get()).body).toBe('new')
  })

  it('H-186 a 304 that forbids to store is served once, and the entry goes', async () => {
    const far = steps(full('kept'), notModified({ 'cache-control': 'no-store' }), full('new'))
    await using front = await cached(far.handler)
    await front.get()
    front.later(20)
    expect((await front.get()).body).toBe('kept')
    expect((await front.get()).body).toBe('new')
  })

  it.each([
    ['"a"', 304],
    ['W/"a"', 304],
    ['"x", "a"', 304],
    ['*', 304],
    ['"x"', 200],
  ])('H-186 what the client has (%s) is judged after the check: %i', async (tag, status) => {
    const far = steps(full('kept'), notModified({ etag: '"a"', 'x-new': '1' }))
    await using front = await cached(far.handler)
    await front.get()
    front.later(20)
    for (let at = 0; at < 2; at++) {
      const answer = await front.get('/', { headers: { 'if-none-match': tag } })
      expect([answer.status, answer.body]).toEqual([status, status === 304 ? '' : 'kept'])
      expect(answer.headers['etag']).toBe('"a"')
      if (status === 304) expect(answer.headers['content-length']).toBeUndefined()
    }
    expect(far.asked).toHaveLength(2)
  })

  it('H-186 a new reply that the client has already is stored, and told in a 304', async () => {
    const far = steps(full('old'), full('new', { etag: '"b"' }))
    await using front = await cached(far.handler)
    await front.get()
    front.later(20)
    expect((await front.get('/', { headers: { 'if-none-match': '"b"' } })).status).toBe(304)
    expect((await front.get()).body).toBe('new')
    expect(far.asked).toHaveLength(2)
  })

  it('H-186 with nothing stored, the client’s conditions pass, and so does a 304, which is not stored', async () => {
    const far = steps(notModified({ etag: '"x"', 'cache-control': 'max-age=60' }), full('whole'))
    await using front = await cached(far.handler)
    expect((await front.get('/', { headers: { 'if-none-match': '"x"' } })).status).toBe(304)
    expect(far.asked[0]!['if-none-match']).toBe('"x"')
    expect((await front.get()).body).toBe('whole')
  })

  it('H-186 what has no validator is simply fetched anew', async () => {
    const far = steps(
      (_, response) => response.writeHead(200, { 'cache-control': 'max-age=10' }).end('old'),
      full('new'),
    )
    await using front = await cached(far.handler)
    await front.get()
    front.later(20)
    expect((await front.get()).body).toBe('new')
    expect([far.asked[1]!['if-none-match'], far.asked[1]!['if-modified-since']]).toEqual([undefined, undefined])
  })

  it('a reply that is not to be stored takes the place of what is', async () => {
    const far = steps(full('old'), full('gone', { 'cache-control': 'no-store' }), full('new'))
    await using front = await cached(far.handler)
    await front.get()
    front.later(20)
    expect((await front.get()).body).toBe('gone')
    front.later(-20)
    expect((await front.get()).body).toBe('new')
  })

  it('no-cache is stored, and checked at each use', async () => {
    const far = steps(full('kept', { 'cache-control': 'no-cache, max-age=60' }), notModified({ etag: '"a"' }))
    await using front = await cached(far.handler)
    for (let at = 0; at < 3; at++) expect((await front.get()).body).toBe('kept')
    expect(front.results).toEqual(['miss', 'revalidated', 'revalidated'])
  })

  it('credentials may check what was stored for all, and don’t take it away', async () => {
    const far = steps(full('kept'), notModified({ etag: '"a"' }))
    await using front = await cached(far.handler)
    await front.get()
    front.later(20)
    const known = { headers: { authorization: 'x' } }
    expect((await front.get('/', known)).body).toBe('kept')
    expect((await front.get()).body).toBe('kept')
    expect(front.results).toEqual(['miss', 'revalidated', 'revalidated'])
  })
})

describe('what is stored', () => {
  it('H-187 leaves out hop-by-hop fields, what Connection names, Set-Cookie and the old age', async () => {
    await using front = await cached((_, response) => {
      response.writeHead(200, {
        'cache-control': 'public, max-age=60, private="x-mine"',
        connection: 'x-named, keep-alive',
        'x-named': '1',
        'keep-alive': 'timeout=99',
        'proxy-authenticate': 'Basic',
        'proxy-connection': 'x',
        'proxy-authentication-info': 'x',
        upgrade: 'h2c',
        trailer: 'x',
        age: '5',
        'x-mine': 'first client’s'.slice(0, 5),
        'x-kept': '1',
      })
      response.end('kept')
    })
    const first = await front.get()
    expect(first.headers['x-mine']).toBe('first')
    const { headers } = await front.get()
    const gone = [
      'x-named',
      'proxy-authenticate',
      'proxy-connection',
      'proxy-authentication-info',
      'upgrade',
      'trailer',
      'x-mine',
    ]
    for (const name of gone) expect(headers[name], name).toBeUndefined()
    expect([headers['x-kept'], headers['age'], headers['keep-alive']]).toEqual(['1', '5', undefined])
  })

  it('H-187 keeps the date and the lifetime as they came', async () => {
    const date = new Date(Date.now() - 5_000).toUTCString()
    const expires = new Date(Date.now() + 60_000).toUTCString()
    await using front = await cached((_, response) => response.writeHead(200, { date, expires }).end('kept'))
    await front.get()
    front.later(10)
    const { headers } = await front.get()
    expect([headers['date'], headers['expires']]).toEqual([date, expires])
    expect(Number(headers['age'])).toBeGreaterThanOrEqual(15)
  })

  it('H-183 is the same for everybody, whatever a filter in front makes of a hit', async () => {
    const { createGateway, changeHeaders, cache, toHeaders, reply, bytesBody } = await import('edgewise')
    const { toNode } = await import('edgewise/node')
    const { createServer } = await import('node:http')
    const { ask } = await import('../client.js')
    const failures: unknown[] = []
    let count = 0
    const gateway = createGateway({
      filters: [
        async (exchange, next) => {
          const answer = await next(exchange)
          try {
            ;(answer.headers as Record<string, string>)['x-evil'] = '1'
          } catch (error) {
            failures.push(error)
          }
          return { ...answer, headers: changeHeaders(answer.headers, { 'x-mine': String(++count) }) }
        },
        cache(),
      ],
      routes: [
        {
          path: '/**',
          handler: async () => ({
            ...reply(200),
            headers: toHeaders({ 'cache-control': 'max-age=60' }),
            body: bytesBody('kept'),
          }),
        },
      ],
    })
    const server = createServer(toNode(gateway))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    try {
      await ask(port)
      for (let at = 2; at < 5; at++) {
        const { headers, body } = await ask(port)
        expect([headers['x-mine'], headers['x-evil'], body]).toEqual([String(at), undefined, 'kept'])
      }
      // A hit's fields are frozen: the filter's mistake shows at once.
      expect(failures.length).toBe(3)
    } finally {
      server.closeAllConnections()
      server.close()
      await gateway.close({ graceMs: 0 })
    }
  })
})
