import { cache, compose, type Handler, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import type { Harness } from '../harness/harness.js'
import { ask, gatewayTo } from './kit.js'

const TEXT = 'x'.repeat(20_000)

/** Answers with its number, and counts. */
function counting(
  fields: Readonly<Record<string, string>> = {},
  text = TEXT,
): { readonly handler: Handler; readonly count: () => number } {
  let count = 0
  return {
    count: () => count,
    handler: async () => {
      count++
      return reply(200, text, { 'cache-control': 'max-age=60', etag: '"a"', ...fields })
    },
  }
}

/** What is stored leaves by each framework as it came. */
export function caching(harness: Harness): void {
  describe(`${harness.name}: what a cache answers`, () => {
    it('H-183 is the same for everybody, to the byte, with its length', async () => {
      const { handler, count } = counting({ vary: 'x-a', 'x-multi': 'a, b' })
      const started = Date.now()
      await using app = await harness.listen(gatewayTo(compose(cache({ now: () => started }), handler)))
      const first = await ask(app.port, '/x')
      for (let at = 0; at < 3; at++) {
        const hit = await ask(app.port, '/x')
        expect(hit.body.toString()).toBe(TEXT)
        expect(hit.header('content-length')).toBe('20000')
        expect(hit.header('content-type')).toBe(first.header('content-type'))
        expect([hit.header('etag'), hit.header('x-multi'), hit.header('age')]).toEqual(['"a"', 'a, b', '0'])
        expect(hit.headers.filter(([name]) => name.toLowerCase() === 'content-length')).toHaveLength(1)
        expect(hit.headers.filter(([name]) => name.toLowerCase() === 'date')).toHaveLength(1)
      }
      expect(count()).toBe(1)
    })

    it('H-189 is without a body for HEAD, and as short as 304 and 416 are', async () => {
      const { handler, count } = counting()
      await using app = await harness.listen(gatewayTo(compose(cache(), handler)))
      await ask(app.port, '/x')
      const head = await ask(app.port, '/x', { method: 'HEAD' })
      expect([head.status, head.header('content-length'), head.body.length]).toEqual([200, '20000', 0])
      const known = await ask(app.port, '/x', { fields: 'If-None-Match: "a"\r\n' })
      expect([known.status, known.header('etag'), known.body.length]).toEqual([304, '"a"', 0])
      const beyond = await ask(app.port, '/x', { fields: 'Range: bytes=99999-\r\n' })
      expect([beyond.status, beyond.header('content-range')]).toEqual([416, 'bytes */20000'])
      const plain = await ask(app.port, '/x')
      expect([plain.status, plain.body.length]).toEqual([200, 20_000])
      expect(count()).toBe(1)
    })

    it('H-179 is cut to a range', async () => {
      const { handler } = counting({}, '0123456789')
      await using app = await harness.listen(gatewayTo(compose(cache(), handler)))
      await ask(app.port, '/x')
      const part = await ask(app.port, '/x', { fields: 'Range: bytes=2-5\r\n' })
      expect([part.status, part.body.toString(), part.header('content-range'), part.header('content-length')]).toEqual([
        206,
        '2345',
        'bytes 2-5/10',
        '4',
      ])
    })

    it.each([204, 404, 301])('H-189 may be a %i', async (status) => {
      let count = 0
      const handler: Handler = async () => {
        count++
        return reply(status, status === 204 ? null : 'text', { 'cache-control': 'max-age=60', location: '/y' })
      }
      await using app = await harness.listen(gatewayTo(compose(cache(), handler)))
      const [first, hit] = [await ask(app.port, '/x'), await ask(app.port, '/x')]
      expect([hit.status, hit.body.toString(), hit.header('location')]).toEqual([status, first.body.toString(), '/y'])
      expect([hit.header('content-length'), count]).toEqual([first.header('content-length'), 1])
    })

    it('H-175 keeps Set-Cookie to the client it was for', async () => {
      let count = 0
      const handler: Handler = async () =>
        reply(200, String(++count), { 'cache-control': 'public, max-age=60', 'set-cookie': ['a=1', 'b=2'] })
      const stripping = cache({ setCookie: 'strip' })
      await using app = await harness.listen(gatewayTo(compose(stripping, handler)))
      const cookies = (answer: Awaited<ReturnType<typeof ask>>): number =>
        answer.headers.filter(([name]) => name.toLowerCase() === 'set-cookie').length
      expect(cookies(await ask(app.port, '/x'))).toBe(2)
      const hit = await ask(app.port, '/x')
      expect([cookies(hit), hit.body.toString()]).toEqual([0, '1'])
    })
  })
}
