import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { eventually, type UpstreamHandler } from '../../support/index.js'
import { cached, numbered } from './cached.js'

/** Says 304 to the right tag, else the text; remembers what it was asked. */
function tagged(field: string, asked: IncomingMessage[] = [], text = 'kept'): UpstreamHandler {
  return (request, response) => {
    asked.push(request)
    const fields = { 'cache-control': field, etag: '"a"' }
    if (request.headers['if-none-match'] === '"a"') return response.writeHead(304, fields).end()
    response.writeHead(200, fields).end(text)
  }
}

describe('a stored reply', () => {
  it('H-184 is fresh for its lifetime and not a moment longer, and tells its age', async () => {
    await using front = await cached(numbered({ 'cache-control': 'max-age=60', date: new Date().toUTCString() }))
    await front.get()
    expect((await front.get()).headers['age']).toMatch(/^[01]$/)
    front.later(30)
    const hit = await front.get()
    expect(hit.headers['age']).toMatch(/^3[01]$/)
    expect(hit.headers['cache-status']).toMatch(/^Edgewise; hit; ttl=(29|30)$/)
    front.later(30)
    expect((await front.get()).body).toBe('answer 2')
  })

  it('H-184 brings its age along', async () => {
    await using front = await cached(numbered({ 'cache-control': 'max-age=60', age: '59' }))
    await front.get()
    expect((await front.get()).headers['age']).toBe('59')
    front.later(2)
    expect((await front.get()).body).toBe('answer 2')
  })

  it('H-184 is not fresh by guess unless told so', async () => {
    const fields = { 'last-modified': 'Sat, 24 Oct 2020 10:00:00 GMT' }
    await using front = await cached(numbered(fields))
    await front.get()
    expect((await front.get()).body).toBe('answer 2')
    await using guessing = await cached(numbered(fields), { heuristics: true })
    await guessing.get()
    expect((await guessing.get()).body).toBe('answer 1')
  })

  it('H-189 may be a 404 for a while that the options say, and a 200 is not by that', async () => {
    await using front = await cached(numbered({}, 404), { lifetimesMs: { 404: 10_000 } })
    await front.get()
    expect((await front.get()).body).toBe('answer 1')
    front.later(11)
    expect((await front.get()).body).toBe('answer 2')
    await using other = await cached(numbered({}), { lifetimesMs: { 404: 10_000 } })
    await other.get()
    expect((await other.get()).body).toBe('answer 2')
  })

  it.each([
    ['cdn-cache-control', undefined, ['miss', 'hit']],
    ['edge-cache-control', undefined, ['miss', 'miss']],
    ['edge-cache-control', ['Edge-Cache-Control'], ['miss', 'hit']],
    ['cdn-cache-control', [], ['miss', 'miss']],
  ])('goes by %s with targetedFields: %s: %s', async (name, targetedFields, results) => {
    await using front = await cached(numbered({ [name]: 'max-age=60', 'cache-control': 'no-store' }), {
      targetedFields,
    })
    expect((await front.get()).headers[name]).toBe('max-age=60')
    await front.get()
    expect(front.results).toEqual(results)
  })
})

describe('what a client says', () => {
  it('H-184 only-if-cached is answered from what is there, or with 504', async () => {
    await using front = await cached(numbered({ 'cache-control': 'max-age=60', etag: '"a"' }))
    const only = { headers: { 'cache-control': 'only-if-cached' } }
    expect((await front.get('/', only)).status).toBe(504)
    await front.get()
    expect((await front.get('/', only)).body).toBe('answer 1')
    front.later(70)
    expect((await front.get('/', only)).status).toBe(504)
    expect(front.far.hits).toBe(1)
  })

  it.each([
    ['no-cache', 0, 'checked'],
    ['max-age=0', 0, 'checked'],
    ['max-age=10', 5, 'kept'],
    ['max-age=10', 15, 'checked'],
    ['min-fresh=50', 15, 'checked'],
    ['max-stale', 100, 'kept'],
    ['max-stale=10', 65, 'kept'],
    ['max-stale=10', 75, 'checked'],
    ['x', 0, 'kept'],
  ])('H-184 %s after %i s: %s', async (field, seconds, what) => {
    const asked: IncomingMessage[] = []
    await using front = await cached(tagged('max-age=60', asked))
    await front.get()
    front.later(seconds)
    expect((await front.get('/', { headers: { 'cache-control': field } })).body).toBe('kept')
    expect(asked).toHaveLength(what === 'checked' ? 2 : 1)
  })

  it('Pragma counts only where there is no Cache-Control', async () => {
    await using front = await cached(numbered({ 'cache-control': 'max-age=60' }))
    await front.get()
    await front.get('/', { headers: { pragma: 'no-cache', 'cache-control': 'x' } })
    await front.get('/', { headers: { pragma: 'no-cache' } })
    expect(front.results).toEqual(['miss', 'hit', 'miss'])
  })

  it('no-store is not stored', async () => {
    await using front = await cached(numbered({ 'cache-control': 'max-age=60' }))
    await front.get('/', { headers: { 'cache-control': 'no-store' } })
    expect((await front.get()).body).toBe('answer 2')
  })

  it('nothing is heard of it by a cache that is told not to listen', async () => {
    await using front = await cached(numbered({ 'cache-control': 'max-age=60' }), { ignoreRequestDirectives: true })
    for (const field of ['max-age=60', 'no-cache', 'no-store', 'max-age=0', 'only-if-cached'])
      expect((await front.get('/', { headers: { 'cache-control': field } })).body).toBe('answer 1')
    expect(front.far.hits).toBe(1)
  })

  it('a reload does not disturb what is immutable, but a forced one does', async () => {
    await using front = await cached(numbered({ 'cache-control': 'max-age=60, immutable' }))
    await front.get()
    await front.get('/', { headers: { 'cache-control': 'max-age=0' } })
    await front.get('/', { headers: { 'cache-control': 'no-cache' } })
    expect(front.results).toEqual(['miss', 'hit', 'miss'])
  })
})

describe('stale-while-revalidate', () => {
  it('H-184 serves what is stale and checks it once, behind the backs of all', async () => {
    let release = (): void => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    let count = 0
    await using front = await cached(async (_request, response) => {
      if (++count > 1) await gate
      response.writeHead(200, { 'cache-control': 'max-age=10, stale-while-revalidate=60' }).end(`answer ${count}`)
    })
    await front.get()
    front.later(20)
    for (let at = 0; at < 5; at++) expect((await front.get()).body).toBe('answer 1')
    await eventually(() => count === 2)
    release()
    await eventually(async () => (await front.get()).body === 'answer 2')
    expect(count).toBe(2)
  })

  it('H-184 not past its window, and not next to must-revalidate', async () => {
    await using front = await cached(numbered({ 'cache-control': 'max-age=10, stale-while-revalidate=60' }))
    await front.get()
    front.later(71)
    expect((await front.get()).body).toBe('answer 2')
    await using strict = await cached(
      numbered({ 'cache-control': 'max-age=10, stale-while-revalidate=60, must-revalidate' }),
    )
    await strict.get()
    strict.later(20)
    expect((await strict.get()).body).toBe('answer 2')
  })

  it('H-184 the client whose request began the check may leave, and the check goes on', async () => {
    let release = (): void => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const asked: IncomingMessage[] = []
    await using front = await cached(async (request, response) => {
      asked.push(request)
      if (asked.length > 1) await gate
      response
        .writeHead(200, { 'cache-control': 'max-age=10, stale-while-revalidate=60' })
        .end(`answer ${asked.length}`)
    })
    await front.get()
    front.later(20)
    // On a connection of its own, which ends with its answer.
    expect((await front.get('/', { headers: { range: 'bytes=0-1', 'if-none-match': '"x"' } })).body).toBe('an')
    await eventually(() => asked.length === 2)
    expect([asked[1]!.method, asked[1]!.headers['range'], asked[1]!.headers['if-none-match']]).toEqual([
      'GET',
      undefined,
      undefined,
    ])
    release()
    await eventually(async () => (await front.get()).body === 'answer 2')
  })

  it('what comes back as not to be stored takes the old one with it', async () => {
    let count = 0
    await using front = await cached((_request, response) => {
      const field = ++count === 1 ? 'max-age=10, stale-while-revalidate=60' : 'no-store'
      response.writeHead(200, { 'cache-control': field }).end(`answer ${count}`)
    })
    await front.get()
    front.later(20)
    expect((await front.get()).body).toBe('answer 1')
    await eventually(async () => (await front.get()).body !== 'answer 1')
  })

  it('a check that fails is tried again by the next one', async () => {
    let count = 0
    await using front = await cached((_request, response) => {
      if (++count === 2) return response.writeHead(500).end()
      response.writeHead(200, { 'cache-control': 'max-age=10, stale-while-revalidate=600' }).end(`answer ${count}`)
    })
    await front.get()
    front.later(20)
    expect((await front.get()).body).toBe('answer 1')
    await eventually(() => count === 2)
    await eventually(async () => (await front.get()).body === 'answer 3')
  })

  it('closing cuts a check off', async () => {
    let count = 0
    await using front = await cached((_request, response) => {
      if (++count > 1) return
      response.writeHead(200, { 'cache-control': 'max-age=10, stale-while-revalidate=60' }).end('kept')
    })
    await front.get()
    front.later(20)
    await front.get()
    await eventually(() => front.far.requests.length === 2)
    await front.pages.close?.()
    await eventually(() => front.far.requests[1]!.outcome === 'aborted')
    expect(front.front.endpoint(0).inFlight).toBe(0)
  })
})

describe('stale-if-error', () => {
  const failing = (field: string, fail: UpstreamHandler): UpstreamHandler => {
    let count = 0
    return (request, response) => {
      if (++count > 1) return fail(request, response)
      response.writeHead(200, { 'cache-control': field, etag: '"a"' }).end('kept')
    }
  }
  const fails: [string, UpstreamHandler][] = [
    ...[500, 502, 503, 504].map((status): [string, UpstreamHandler] => [
      String(status),
      (_, response) => response.writeHead(status).end(),
    ]),
    ['a cut connection', (_, response) => response.destroy()],
  ]

  it.each(fails)('H-184 stands in for %s', async (_, fail) => {
    await using front = await cached(failing('max-age=10, stale-if-error=60', fail))
    await front.get()
    front.later(20)
    const answer = await front.get()
    expect([answer.status, answer.body]).toEqual([200, 'kept'])
    expect(answer.headers['cache-status']).toContain('detail=stale-if-error')
    front.later(60)
    expect((await front.get()).status).toBeGreaterThanOrEqual(500)
    expect(front.results).toEqual(['miss', 'stale', ...(front.results.length === 3 ? ['miss'] : [])])
  })

  it.each(fails)('H-184 not next to must-revalidate, and not unasked: %s', async (_, fail) => {
    for (const field of ['max-age=10, stale-if-error=60, must-revalidate', 'max-age=10']) {
      await using front = await cached(failing(field, fail))
      await front.get()
      front.later(20)
      expect((await front.get()).status).toBeGreaterThanOrEqual(500)
    }
  })

  it('H-184 a client may ask for it, too', async () => {
    await using front = await cached(failing('max-age=10', (_, response) => response.writeHead(503).end()))
    await front.get()
    front.later(20)
    expect((await front.get('/', { headers: { 'cache-control': 'stale-if-error=60' } })).body).toBe('kept')
    expect((await front.get()).status).toBe(503)
  })

  it('H-184 a 404 is no error', async () => {
    await using front = await cached(
      failing('max-age=10, stale-if-error=60', (_, response) => response.writeHead(404).end()),
    )
    await front.get()
    front.later(20)
    expect((await front.get()).status).toBe(404)
  })

  it('H-181 H-184 all who wait are given it', async () => {
    let release = (): void => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    await using front = await cached(
      failing('max-age=10, stale-if-error=60', async (_, response) => {
        await gate
        response.writeHead(503).end()
      }),
    )
    await front.get()
    front.later(20)
    const all = Array.from({ length: 10 }, () => front.get())
    await eventually(() => front.front.gateway.traffic.requests === 10)
    release()
    expect((await Promise.all(all)).every(({ body }) => body === 'kept')).toBe(true)
    expect(front.far.hits).toBe(2)
  })
})
