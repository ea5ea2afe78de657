import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { cached, numbered } from './cached.js'

const TEXT = '0123456789'
const whole =
  (fields: Record<string, string> = {}) =>
  (request: IncomingMessage, response: ServerResponse) => {
    request.resume()
    response.writeHead(200, { 'cache-control': 'max-age=60', etag: '"a"', ...fields }).end(TEXT)
  }

/** An upstream that understands Range and If-Range, and tells what it was asked. */
function ranged(asked: (string | undefined)[], etag = '"a"') {
  return (request: IncomingMessage, response: ServerResponse) => {
    const { range } = request.headers
    asked.push(range)
    const found = /^bytes=(\d+)-(\d*)$/.exec(range ?? '')
    const applies = request.headers['if-range'] === undefined || request.headers['if-range'] === etag
    const fields = { 'cache-control': 'max-age=60', etag }
    if (found === null || !applies) return response.writeHead(200, fields).end(TEXT)
    const [first, last] = [Number(found[1]), found[2] === '' ? 9 : Number(found[2])]
    const part = TEXT.slice(first, last + 1)
    response
      .writeHead(206, { ...fields, 'content-range': `bytes ${first}-${last}/10`, 'content-length': part.length })
      .end(part)
  }
}

describe('ranges', () => {
  it.each([
    ['bytes=0-1', 206, '01', 'bytes 0-1/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=-99', 206, TEXT, 'bytes 0-9/10'],
    ['bytes=10-', 416, '', 'bytes */10'],
    ['bytes=-0', 416, '', 'bytes */10'],
    ['bytes=5-4', 416, '', 'bytes */10'],
    ['bytes=0-1,3-4', 200, TEXT, undefined],
    ['lines=1-2', 200, TEXT, undefined],
  ])('H-179 of what is stored, %s is a %i', async (range, status, body, contentRange) => {
    await using front = await cached(whole())
    await front.get()
    const answer = await front.get('/', { headers: { range } })
    expect([answer.status, answer.body, answer.headers['content-range']]).toEqual([status, body, contentRange])
    if (status !== 416) expect(answer.headers['content-length']).toBe(String(body.length))
    expect(front.far.hits).toBe(1)
  })

  it('H-179 a hundred ranges are not multiplied: they get the whole once', async () => {
    await using front = await cached(whole())
    await front.get()
    const range = `bytes=${Array.from({ length: 100 }, () => '0-9').join(',')}`
    const answer = await front.get('/', { headers: { range } })
    expect([answer.status, answer.body]).toEqual([200, TEXT])
  })

  it.each([
    ['"a"', 206],
    ['"b"', 200],
    ['W/"a"', 200],
    ['Tue, 24 Nov 2026 10:00:00 GMT', 206],
    ['Tue, 24 Nov 2026 10:00:01 GMT', 200],
  ])('H-179 If-Range: %s gives a %i', async (condition, status) => {
    await using front = await cached(whole({ 'last-modified': 'Tue, 24 Nov 2026 10:00:00 GMT' }))
    await front.get()
    expect((await front.get('/', { headers: { range: 'bytes=0-1', 'if-range': condition } })).status).toBe(status)
  })

  it('H-179 only a 200 is cut: a stored 404 comes whole', async () => {
    await using front = await cached(numbered({ 'cache-control': 'max-age=60' }, 404))
    await front.get()
    expect((await front.get('/', { headers: { range: 'bytes=0-1' } })).status).toBe(404)
  })

  it('H-179 a 206 is stored as the part it is, and serves what lies inside it alone', async () => {
    const asked: (string | undefined)[] = []
    await using front = await cached(ranged(asked))
    expect((await front.get('/', { headers: { range: 'bytes=2-5' } })).body).toBe('2345')
    const inside = await front.get('/', { headers: { range: 'bytes=3-4' } })
    expect([inside.status, inside.body, inside.headers['content-range']]).toEqual([206, '34', 'bytes 3-4/10'])
    expect((await front.get('/', { headers: { range: 'bytes=3-6' } })).body).toBe('3456')
    expect((await front.get()).body).toBe(TEXT)
    expect(asked).toEqual(['bytes=2-5', 'bytes=3-6', undefined])
    expect((await front.get('/', { headers: { range: 'bytes=0-1' } })).body).toBe('01')
    expect(asked).toHaveLength(3)
  })

  it('H-179 a part is not for a client whose If-Range does not hold', async () => {
    const asked: (string | undefined)[] = []
    await using front = await cached(ranged(asked))
    await front.get('/', { headers: { range: 'bytes=2-5' } })
    const answer = await front.get('/', { headers: { range: 'bytes=3-4', 'if-range': '"b"' } })
    expect([answer.status, answer.body]).toEqual([200, TEXT])
  })

  it('H-179 a beginning is completed by its rest, and is whole from then on', async () => {
    const asked: (string | undefined)[] = []
    await using front = await cached(ranged(asked))
    await front.get('/', { headers: { range: 'bytes=0-3' } })
    const answer = await front.get()
    expect([answer.status, answer.body, answer.headers['content-range']]).toEqual([200, TEXT, undefined])
    expect(answer.headers['content-length']).toBe('10')
    expect(asked).toEqual(['bytes=0-3', 'bytes=4-'])
    expect((await front.get()).body).toBe(TEXT)
    expect(asked).toHaveLength(2)
  })

  it('H-179 a beginning of what has changed meanwhile gives way to the new', async () => {
    let etag = '"a"'
    const asked: (string | undefined)[] = []
    await using front = await cached((request, response) => ranged(asked, etag)(request, response))
    await front.get('/', { headers: { range: 'bytes=0-3' } })
    etag = '"b"'
    const answer = await front.get()
    expect([answer.status, answer.body, answer.headers['etag']]).toEqual([200, TEXT, '"b"'])
    expect(asked).toEqual(['bytes=0-3', 'bytes=4-'])
  })

  it.each([
    ['another tag', { etag: '"b"', 'content-range': 'bytes 4-9/10' }, '456789'],
    ['a gap', { etag: '"a"', 'content-range': 'bytes 5-9/10' }, '56789'],
    ['another total', { etag: '"a"', 'content-range': 'bytes 4-9/11' }, '456789'],
    ['another length', { etag: '"a"', 'content-range': 'bytes 4-9/10' }, '45678'],
  ])('H-180 a rest with %s is not joined: all of it is fetched', async (_, fields, rest) => {
    let count = 0
    await using front = await cached((request, response) => {
      if (++count === 2) return response.writeHead(206, { ...fields, 'content-length': rest.length }).end(rest)
      ranged([])(request, response)
    })
    await front.get('/', { headers: { range: 'bytes=0-3' } })
    expect((await front.get()).body).toBe(TEXT)
    expect(count).toBe(3)
  })

  it.each([
    ['bytes 4-9/10', '01234'],
    ['bytes 9-4/10', '01234'],
    ['nonsense', '01234'],
  ])('H-180 a 206 that says %s is passed on, and not stored', async (range, body) => {
    let count = 0
    await using front = await cached((_request, response) => {
      count++
      response.writeHead(206, { 'cache-control': 'max-age=60', 'content-range': range }).end(body)
    })
    for (let at = 0; at < 2; at++) expect((await front.get('/', { headers: { range: 'bytes=-5' } })).body).toBe(body)
    expect(count).toBe(2)
  })

  it('H-179 a Range for what is stale is checked without it, and cut from what is still good', async () => {
    const ranges: (string | undefined)[] = []
    await using front = await cached((request, response) => {
      ranges.push(request.headers.range)
      if (request.headers['if-none-match'] === '"a"') return response.writeHead(304, { etag: '"a"' }).end()
      whole()(request, response)
    })
    await front.get()
    front.later(70)
    const answer = await front.get('/', { headers: { range: 'bytes=0-1' } })
    expect([answer.status, answer.body]).toEqual([206, '01'])
    expect(ranges).toEqual([undefined, undefined])
  })
})
