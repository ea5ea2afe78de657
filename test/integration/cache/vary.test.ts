import { memoryStore } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { cached, numbered } from './cached.js'

const by = (vary: string | readonly string[]) => numbered({ 'cache-control': 'max-age=60', vary })

describe('Vary', () => {
  it.each(['*', 'foo, *', '*, foo', ', *', ['foo', '*']])('H-176 * in any position keeps nothing: %j', async (vary) => {
    await using front = await cached(by(vary))
    await front.get()
    await front.get()
    expect(front.results).toEqual(['miss', 'miss'])
  })

  it('H-176 keeps variants side by side, each matched by its own Vary', async () => {
    let count = 0
    await using front = await cached((request, response) => {
      count++
      const vary = request.headers['foo'] === '3' ? 'bar, foo' : 'Foo'
      response.writeHead(200, { 'cache-control': 'max-age=60', vary }).end(String(count))
    })
    const body = async (headers: Record<string, string>): Promise<string> => (await front.get('/', { headers })).body
    expect(await body({ foo: '1' })).toBe('1')
    expect(await body({ foo: '2' })).toBe('2')
    expect(await body({ foo: '3', bar: 'x' })).toBe('3')
    expect(await body({ foo: '1', bar: 'y' })).toBe('1')
    expect(await body({ foo: '2' })).toBe('2')
    expect(await body({ foo: '3', bar: 'x' })).toBe('3')
    expect(await body({ foo: '3', bar: 'y' })).toBe('4')
    expect(await body({})).toBe('5')
    expect(await body({ foo: '' })).toBe('6')
  })

  it('H-176 takes the newest of several that match', async () => {
    let vary = 'foo'
    let count = 0
    await using front = await cached((_request, response) =>
      response.writeHead(200, { 'cache-control': 'max-age=60', vary }).end(String(++count)),
    )
    await front.get('/', { headers: { foo: '1' } })
    vary = 'bar'
    front.later(1)
    await front.get('/', { headers: { foo: '2' } })
    expect((await front.get('/', { headers: { foo: '1' } })).body).toBe('2')
  })

  it('H-176 replaces the variant of the same normal form, and no other', async () => {
    await using front = await cached(by('accept-language'))
    await front.get('/', { headers: { 'accept-language': 'en, de' } })
    await front.get('/', { headers: { 'accept-language': 'fr' } })
    const again = { 'accept-language': 'de,EN', 'cache-control': 'no-cache' }
    expect((await front.get('/', { headers: again })).body).toBe('answer 3')
    expect((await front.get('/', { headers: { 'accept-language': 'en, de' } })).body).toBe('answer 3')
    expect((await front.get('/', { headers: { 'accept-language': 'fr' } })).body).toBe('answer 2')
  })

  it('H-176 one URL can’t fill the store with variants', async () => {
    const store = memoryStore({ maxBytes: 1024 * 1024, maxVariants: 4 })
    await using front = await cached(by('x-any'), { store })
    for (let at = 0; at < 20; at++) await front.get('/', { headers: { 'x-any': String(at) } })
    expect(store.get('http://a.test/')).toHaveLength(4)
    await front.get('/', { headers: { 'x-any': '19' } })
    await front.get('/', { headers: { 'x-any': '0' } })
    expect(front.results.slice(-2)).toEqual(['hit', 'miss'])
  })

  it('H-172 Vary: X-Forwarded-For keeps clients apart, though none of them sends it', async () => {
    await using front = await cached(by('X-Forwarded-For'))
    await front.get()
    await front.get('/', { headers: { 'x-forwarded-for': 'evil' } })
    expect(front.results).toEqual(['miss', 'hit'])
  })
})
