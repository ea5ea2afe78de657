import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { eventually, rawOpen, type UpstreamHandler } from '../../support/index.js'
import { ask } from '../client.js'
import { type Cached, cached } from './cached.js'

/** An upstream whose replies wait until they are let go, one by one. */
function held() {
  const waiting: ServerResponse[] = []
  const urls: (string | undefined)[] = []
  const handler: UpstreamHandler = (request, response) => {
    urls.push(request.method)
    waiting.push(response)
  }
  const next = (): Promise<ServerResponse> => eventually(() => waiting.shift())
  return { handler, waiting, urls, next }
}

const FRESH = { 'cache-control': 'max-age=60' }
const wave = (front: Cached, count: number, headers = {}, method = 'GET') =>
  Array.from({ length: count }, () =>
    front.get('/', { headers, method }).then(
      ({ status, body }) => `${status} ${body}`,
      (error: Error) => error.message,
    ),
  )
/** Waits until so many requests are under way in the gateway. */
const underWay = (front: Cached, count: number) => eventually(() => front.front.gateway.traffic.requests === count)

describe('many requests for one thing', () => {
  it('H-181 ask once, and share what comes', async () => {
    const far = held()
    await using front = await cached(far.handler)
    const all = wave(front, 20)
    await underWay(front, 20)
    ;(await far.next()).writeHead(200, FRESH).end('shared')
    expect(new Set(await Promise.all(all))).toEqual(new Set(['200 shared']))
    expect(front.far.hits).toBe(1)
    expect(front.results.filter((each) => each === 'hit collapsed')).toHaveLength(19)
  })

  it('H-181 say in Cache-Status that they were collapsed', async () => {
    const far = held()
    await using front = await cached(far.handler)
    const both = [front.get(), front.get()]
    await underWay(front, 2)
    ;(await far.next()).writeHead(200, FRESH).end('shared')
    const fields = (await Promise.all(both)).map(({ headers }) => headers['cache-status'])
    expect(fields.sort()).toEqual([
      'Edgewise; fwd=uri-miss; collapsed',
      'Edgewise; fwd=uri-miss; fwd-status=200; stored',
    ])
  })

  it('H-181 one follower takes over from a leader whose client left, and the others keep waiting', async () => {
    const far = held()
    await using front = await cached(far.handler)
    const leaving = new AbortController()
    const leader = front.get('/', { signal: leaving.signal }).catch(() => 'left')
    await far.next()
    const all = wave(front, 10)
    await underWay(front, 11)
    leaving.abort()
    expect(await leader).toBe('left')
    ;(await far.next()).writeHead(200, FRESH).end('shared')
    expect(new Set(await Promise.all(all))).toEqual(new Set(['200 shared']))
    expect(front.far.hits).toBe(2)
  })

  it('H-181 nor are they stopped by a leader that is cut off in the middle of its body', async () => {
    const far = held()
    await using front = await cached(far.handler)
    const leader = wave(front, 1)
    const first = await far.next()
    const all = wave(front, 10)
    await underWay(front, 11)
    first.writeHead(200, { ...FRESH, 'content-length': 100 }).write('half', () => first.destroy())
    ;(await far.next()).writeHead(200, FRESH).end('shared')
    expect(new Set(await Promise.all(all))).toEqual(new Set(['200 shared']))
    expect(await leader[0]).not.toContain('200')
    expect(front.far.hits).toBe(2)
  })

  it('H-181 a follower that leaves takes nobody with it', async () => {
    const far = held()
    await using front = await cached(far.handler)
    const all = wave(front, 3)
    await underWay(front, 3)
    const leaving = new AbortController()
    const left = front.get('/', { signal: leaving.signal }).catch(() => 'left')
    await underWay(front, 4)
    leaving.abort()
    expect(await left).toBe('left')
    await underWay(front, 3)
    ;(await far.next()).writeHead(200, FRESH).end('shared')
    expect(new Set(await Promise.all(all))).toEqual(new Set(['200 shared']))
  })

  it.each([
    ['private', { 'cache-control': 'private, max-age=60' }],
    ['with a cookie', { ...FRESH, 'set-cookie': 's=1' }],
    ['not to be stored', { 'cache-control': 'no-store' }],
    ['stale at once', { 'cache-control': 'max-age=0', etag: '"a"' }],
  ])(
    'H-181 a reply that is %s is the leader’s alone: each goes for itself, and the next ones do not wait',
    async (_, fields) => {
      const far = held()
      await using front = await cached(far.handler)
      const all = wave(front, 5)
      await underWay(front, 5)
      ;(await far.next()).writeHead(200, fields).end('1')
      // All four at once, not one after another.
      await eventually(() => far.waiting.length === 4)
      for (let at = 2; at <= 5; at++) (await far.next()).writeHead(200, fields).end(String(at))
      expect((await Promise.all(all)).sort()).toEqual(['200 1', '200 2', '200 3', '200 4', '200 5'])
      const later = wave(front, 3)
      await eventually(() => far.waiting.length === 3)
      for (let at = 0; at < 3; at++) (await far.next()).writeHead(200, fields).end('x')
      await Promise.all(later)
    },
  )

  it('H-181 a wait has a bound, after which each goes for itself', async () => {
    const far = held()
    await using front = await cached(far.handler, { collapseWaitMs: 50 })
    const all = wave(front, 3)
    await eventually(() => far.waiting.length === 3)
    for (let at = 0; at < 3; at++) (await far.next()).writeHead(200, FRESH).end('mine')
    expect(new Set(await Promise.all(all))).toEqual(new Set(['200 mine']))
  })

  it('H-181 can be told not to wait at all', async () => {
    const far = held()
    await using front = await cached(far.handler, { collapseWaitMs: 0 })
    const all = wave(front, 3)
    await eventually(() => far.waiting.length === 3)
    for (let at = 0; at < 3; at++) (await far.next()).writeHead(200, FRESH).end('mine')
    await Promise.all(all)
  })

  it('H-181 a HEAD leads nobody and follows nobody', async () => {
    const far = held()
    await using front = await cached(far.handler)
    const head = wave(front, 1, {}, 'HEAD')
    const first = await far.next()
    const get = wave(front, 2)
    await underWay(front, 3)
    const second = await far.next()
    first.writeHead(200, { ...FRESH, 'content-length': 100 }).end()
    second.writeHead(200, FRESH).end('whole')
    expect(await Promise.all(head)).toEqual(['200 '])
    expect(await Promise.all(get)).toEqual(['200 whole', '200 whole'])
    expect(far.urls).toEqual(['HEAD', 'GET'])
  })

  it('H-181 those who turn out to want another variant ask once for each', async () => {
    const far = held()
    await using front = await cached(far.handler)
    const one = wave(front, 4, { 'x-a': '1' })
    await underWay(front, 4)
    const two = wave(front, 4, { 'x-a': '2' })
    await underWay(front, 8)
    expect(front.far.hits).toBe(1)
    ;(await far.next()).writeHead(200, { ...FRESH, vary: 'x-a' }).end('one')
    expect(new Set(await Promise.all(one))).toEqual(new Set(['200 one']))
    ;(await far.next()).writeHead(200, { ...FRESH, vary: 'x-a' }).end('two')
    expect(new Set(await Promise.all(two))).toEqual(new Set(['200 two']))
    expect(front.far.hits).toBe(2)
  })

  it('H-181 a check of what has become stale is made once', async () => {
    const far = held()
    await using front = await cached(far.handler)
    const first = wave(front, 1)
    ;(await far.next()).writeHead(200, { ...FRESH, etag: '"a"' }).end('kept')
    await Promise.all(first)
    front.later(70)
    const all = wave(front, 10)
    await underWay(front, 10)
    ;(await far.next()).writeHead(304, { etag: '"a"' }).end()
    expect(new Set(await Promise.all(all))).toEqual(new Set(['200 kept']))
    expect(front.far.hits).toBe(2)
  })

  it('H-181 who asks for something new is not given what was asked for before', async () => {
    const far = held()
    await using front = await cached(far.handler)
    const first = wave(front, 1)
    const old = await far.next()
    const forced = wave(front, 1, { 'cache-control': 'no-cache' })
    ;(await far.next()).writeHead(200, FRESH).end('new')
    expect(await Promise.all(forced)).toEqual(['200 new'])
    old.writeHead(200, FRESH).end('old')
    expect(await Promise.all(first)).toEqual(['200 old'])
  })

  it('H-181 credentials do not wait with those who have none', async () => {
    const far = held()
    await using front = await cached(far.handler)
    const anonymous = wave(front, 2)
    const first = await far.next()
    const known = wave(front, 2, { authorization: 'x' })
    const second = await far.next()
    first.writeHead(200, FRESH).end('all')
    expect(new Set(await Promise.all(anonymous))).toEqual(new Set(['200 all']))
    second.writeHead(200, FRESH).end('one')
    ;(await far.next()).writeHead(200, FRESH).end('other')
    expect((await Promise.all(known)).sort()).toEqual(['200 one', '200 other'])
  })

  it('H-181 a slow client does not hold up those who wait for its reply', async () => {
    const far = held()
    await using front = await cached(far.handler)
    await using slow = await rawOpen(front.front.port)
    await slow.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n')
    const response = await far.next()
    const all = wave(front, 3)
    await underWay(front, 4)
    slow.socket.pause()
    response.writeHead(200, FRESH).end('x'.repeat(900_000))
    for (const answer of await Promise.all(all)) expect(answer).toHaveLength(900_004)
    expect(front.far.hits).toBe(1)
  })

  it('closing lets those who wait go on, and leaves nothing behind', async () => {
    const far = held()
    await using front = await cached(far.handler)
    const all = wave(front, 3)
    await underWay(front, 3)
    await front.pages.close?.()
    await eventually(() => far.waiting.length === 3)
    for (let at = 0; at < 3; at++) (await far.next()).writeHead(200, FRESH).end('mine')
    await Promise.all(all)
    expect(await ask(front.front.port, '/x', { signal: AbortSignal.timeout(50) }).catch(() => 'held')).toBe('held')
  })
})
