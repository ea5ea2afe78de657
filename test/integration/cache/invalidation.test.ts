import { type CacheEntry, type CacheStore, memoryStore } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, type UpstreamHandler } from '../../support/index.js'
import { type Cached, cached, numbered } from './cached.js'

/** Answers GETs with their number, and everything else with a status and fields. */
function changing(status: number, fields: Readonly<Record<string, string>> = {}): UpstreamHandler {
  let count = 0
  return (request, response) => {
    request.resume()
    if (request.method !== 'GET') return response.writeHead(status, fields).end('changed')
    response.writeHead(200, { 'cache-control': 'max-age=60' }).end(`answer ${++count}`)
  }
}
const bodies = async (front: Cached, ...paths: string[]): Promise<string[]> => {
  const found: string[] = []
  for (const path of paths) found.push((await front.get(path)).body)
  return found
}

describe('an unsafe method', () => {
  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'M-SEARCH'])(
    'H-185 that succeeds (%s) outdates its URL',
    async (method) => {
      await using front = await cached(changing(200))
      await bodies(front, '/a', '/b', '/a?x')
      await front.get('/a', { method })
      expect(await bodies(front, '/a', '/b', '/a?x')).toEqual(['answer 4', 'answer 2', 'answer 3'])
    },
  )

  it.each([400, 404, 500, 503])('H-185 that fails with %i outdates nothing', async (status) => {
    await using front = await cached(changing(status))
    await bodies(front, '/a')
    await front.get('/a', { method: 'POST' })
    expect(await bodies(front, '/a')).toEqual(['answer 1'])
  })

  it.each(['location', 'content-location'])(
    'H-185 outdates what %s names on the same host, spelled in any way',
    async (field) => {
      for (const named of ['/b', 'b', 'http://a.test/b', 'http://A.test:80/%62#x']) {
        await using front = await cached(changing(201, { [field]: named }))
        await bodies(front, '/a', '/b')
        await front.get('/a', { method: 'POST' })
        expect(await bodies(front, '/b'), named).toEqual(['answer 3'])
      }
    },
  )

  it.each(['http://b.test/b', '//b.test/b', 'https://a.test/b', 'http://a.test:81/b', 'http://['])(
    'H-185 outdates nothing elsewhere: %s',
    async (location) => {
      await using front = await cached(changing(201, { location }))
      const elsewhere = { headers: { host: 'b.test' } }
      await front.get('/b', elsewhere)
      await bodies(front, '/b')
      await front.get('/a', { method: 'POST' })
      expect((await front.get('/b', elsewhere)).body).toBe('answer 1')
      expect(await bodies(front, '/b')).toEqual(['answer 2'])
    },
  )

  it('H-185 outdates all variants, and what is kept under more than the URL', async () => {
    await using front = await cached(
      (request, response) => {
        if (request.method !== 'GET') return response.end()
        numbered2(response)
      },
      { key: { headers: ['x-tenant'] } },
    )
    let count = 0
    function numbered2(response: Parameters<UpstreamHandler>[1]): void {
      response.writeHead(200, { 'cache-control': 'max-age=60', vary: 'x-a' }).end(String(++count))
    }
    for (const headers of [{ 'x-a': '1' }, { 'x-a': '2' }, { 'x-tenant': 't' }]) await front.get('/', { headers })
    await front.get('/', { method: 'DELETE' })
    for (const headers of [{ 'x-a': '1' }, { 'x-a': '2' }, { 'x-tenant': 't' }]) await front.get('/', { headers })
    expect(count).toBe(6)
  })

  it('H-185 what was on its way when something changed is not stored', async () => {
    let release = (): void => {}
    let count = 0
    await using front = await cached(async (request, response) => {
      request.resume()
      if (request.method !== 'GET') return response.end()
      const answer = String(++count)
      if (count === 1)
        await new Promise<void>((resolve) => {
          release = resolve
        })
      response.writeHead(200, { 'cache-control': 'max-age=60' }).end(answer)
    })
    const old = front.get()
    await eventually(() => count === 1)
    await front.get('/', { method: 'POST' })
    release()
    expect((await old).body).toBe('1')
    expect((await front.get()).body).toBe('2')
    expect((await front.get()).body).toBe('2')
  })

  it('a POST may be kept for later GETs if it says so', async () => {
    await using front = await cached((request, response) => {
      request.resume()
      response.writeHead(200, { 'cache-control': 'max-age=60', 'content-location': '/a' }).end(request.method)
    })
    await front.get('/a', { method: 'POST', body: 'x' })
    expect((await front.get('/a')).body).toBe('POST')
    await front.get('/b', { method: 'POST', body: 'x' })
    expect((await front.get('/b')).body).toBe('GET')
  })

  it.each([
    ['no lifetime', { etag: '"a"', 'content-location': '/a' }],
    ['no Content-Location', { 'cache-control': 'max-age=60' }],
    ['another host’s', { 'cache-control': 'max-age=60', 'content-location': 'http://b.test/a' }],
  ])('a POST is not kept with %s', async (_, fields) => {
    await using front = await cached((request, response) => {
      request.resume()
      response.writeHead(200, fields as Record<string, string>).end(request.method)
    })
    await front.get('/a', { method: 'POST', body: 'x' })
    expect((await front.get('/a')).body).toBe('GET')
  })
})

describe('purging', () => {
  it('H-185 empties one URL, in every variant, however it is spelled', async () => {
    await using front = await cached(numbered({ 'cache-control': 'max-age=60', vary: 'x-a' }), {
      key: { headers: ['x-t'] },
    })
    await front.get('/a?x=1', { headers: { 'x-a': '1' } })
    await front.get('/a?x=1', { headers: { 'x-t': '1' } })
    await bodies(front, '/a', '/b')
    await front.pages.purge('http://A.test:80/%61?x=1')
    expect(await bodies(front, '/a', '/b')).toEqual(['answer 3', 'answer 4'])
    expect((await front.get('/a?x=1', { headers: { 'x-a': '1' } })).body).toBe('answer 5')
    expect((await front.get('/a?x=1', { headers: { 'x-t': '1' } })).body).toBe('answer 6')
    await front.pages.purge({ host: 'a.test', path: '/b' })
    expect(await bodies(front, '/b')).toEqual(['answer 7'])
  })

  it.each(['/a', 'a.test/a', 'ftp://a.test/a', 'http://a.test/%zz', ''])('says what it wants of %j', async (url) => {
    await using front = await cached(numbered({}))
    await expect(front.pages.purge(url)).rejects.toThrow(/absolute http or https URL/)
  })

  it.each(['cache-tag', 'surrogate-key'])('H-185 goes by the tags of %s, which clients don’t see', async (field) => {
    await using front = await cached((request, response) => {
      response.writeHead(200, { 'cache-control': 'max-age=60', [field]: `all ${request.url!.slice(1)},x` }).end('kept')
    })
    expect((await front.get('/a')).headers[field]).toBeUndefined()
    await front.get('/b')
    expect((await front.get('/a')).headers[field]).toBeUndefined()
    expect(await front.pages.purgeTag('a')).toBe(1)
    await bodies(front, '/a', '/b')
    expect(front.far.hits).toBe(3)
    expect(await front.pages.purgeTag('x')).toBe(2)
    expect(await front.pages.purgeTag('nothing')).toBe(0)
    await bodies(front, '/a', '/b')
    expect(front.far.hits).toBe(5)
  })

  it('takes tags of a function, and shows fields when told to', async () => {
    await using front = await cached(numbered({ 'cache-control': 'max-age=60', 'cache-tag': 'x' }), {
      keepTagFields: true,
      tags: (exchange, reply) => [exchange.target.path, `status ${reply.status}`],
    })
    expect((await front.get('/a')).headers['cache-tag']).toBe('x')
    expect(await front.pages.purgeTag('/a')).toBe(1)
    await front.get('/a')
    expect(await front.pages.purgeTag('status 200')).toBe(1)
  })

  it('stores nothing that has more tags than can be kept', async () => {
    await using front = await cached(
      numbered({
        'cache-control': 'max-age=60',
        'cache-tag': Array.from({ length: 200 }, (_, at) => `t${at}`).join(','),
      }),
    )
    expect((await front.get()).headers['cache-status']).toContain('detail=tags')
    expect((await front.get()).body).toBe('answer 2')
  })

  it('stores nothing whose tags can’t be told, and tells of that', async () => {
    await using front = await cached(numbered({ 'cache-control': 'max-age=60' }), {
      tags: () => {
        throw new Error('no tags')
      },
    })
    expect((await front.get()).body).toBe('answer 1')
    expect((await front.get()).body).toBe('answer 2')
    expect(front.faults.map(String)).toEqual(['Error: no tags', 'Error: no tags'])
  })

  it.each(['purge', 'purgeTag', 'clear'] as const)('H-185 what was on its way at a %s is not stored', async (what) => {
    let release = (): void => {}
    let count = 0
    await using front = await cached(async (_request, response) => {
      if (++count === 1)
        await new Promise<void>((resolve) => {
          release = resolve
        })
      response.writeHead(200, { 'cache-control': 'max-age=60', 'cache-tag': 't' }).end(String(count))
    })
    const old = front.get()
    await eventually(() => count === 1)
    if (what === 'purge') await front.pages.purge('http://a.test/')
    else if (what === 'purgeTag') await front.pages.purgeTag('t')
    else await front.pages.clear()
    release()
    expect((await old).body).toBe('1')
    expect((await front.get()).body).toBe('2')
  })

  it('Clear removes everything', async () => {
    await using front = await cached(numbered({ 'cache-control': 'max-age=60' }))
    await bodies(front, '/a', '/b')
    await front.pages.clear()
    expect(await bodies(front, '/a', '/b')).toEqual(['answer 3', 'answer 4'])
  })
})

describe('a store that fails', () => {
  const broken = (how: () => never | Promise<never>): CacheStore => ({
    get: how,
    put: how,
    remove: how,
    purgeTag: how,
    clear: how,
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('down')
      },
    ],
    ['rejects', () => Promise.reject(new Error('down'))],
    ['never answers', () => new Promise<never>(() => {})],
  ] as const)('H-188 is a miss for clients, and told of: it %s', async (_, how) => {
    await using front = await cached(changing(200), { store: broken(how), storeTimeoutMs: 20 })
    expect(await bodies(front, '/', '/')).toEqual(['answer 1', 'answer 2'])
    expect((await front.get('/', { method: 'POST' })).status).toBe(200)
    await eventually(() => front.faults.length >= 4)
    expect(front.faults.every((fault) => fault instanceof Error)).toBe(true)
  })

  it('H-188 fails whoever purges, who must know', async () => {
    await using front = await cached(changing(200), { store: broken(() => Promise.reject(new Error('down'))) })
    await expect(front.pages.purge('http://a.test/')).rejects.toThrow('down')
    await expect(front.pages.purgeTag('t')).rejects.toThrow('down')
    await expect(front.pages.clear()).rejects.toThrow('down')
  })

  it.each<[string, unknown]>([
    ['null', null],
    ['an empty object', {}],
    ['another version’s entry', { v: 2, head: 'x' }],
    ['no fields', { vary: [], selecting: {}, status: 200, body: Buffer.from('x'), part: null, tags: [], variant: '' }],
    [
      'no body',
      {
        vary: [],
        selecting: {},
        status: 200,
        headers: {},
        part: null,
        tags: [],
        variant: '',
        requestedAt: 0,
        receivedAt: 0,
      },
    ],
  ])('H-188 that holds %s in an entry’s place holds nothing', async (_, entry) => {
    const store = {
      ...memoryStore({ maxBytes: 1e6 }),
      get: () => [entry as CacheEntry],
      put: () => {},
      remove: () => {},
      purgeTag: () => 0,
      clear: () => {},
    }
    await using front = await cached(changing(200), { store })
    expect(await bodies(front, '/', '/')).toEqual(['answer 1', 'answer 2'])
    expect(front.faults.length).toBeGreaterThan(0)
  })

  it('H-188 a slow one is waited for, and its answer used', async () => {
    const memory = memoryStore({ maxBytes: 1e6 })
    const later = async <T>(value: T): Promise<T> => {
      await new Promise((resolve) => setImmediate(resolve))
      return value
    }
    const store: CacheStore = {
      get: (key) => later(memory.get(key)),
      put: async (key, entry, keepMs) => void memory.put(key, await later(entry), keepMs),
      remove: async (key, variant) => void memory.remove(await later(key), variant),
      purgeTag: async (tag) => memory.purgeTag(await later(tag)),
      clear: async () => void memory.clear(),
    }
    await using front = await cached(changing(200), { store })
    await front.get()
    await eventually(() => memory.slots === 1)
    expect((await front.get()).body).toBe('answer 1')
    await front.get('/', { method: 'POST' })
    expect((await front.get()).body).toBe('answer 2')
  })
})
