import { bytes, EdgeError, respond } from 'edgewise'
import { describe, expect, it, vi } from 'vitest'
import { asked } from '../../asked.js'

const textOf = async (handler: ReturnType<typeof respond>): Promise<string> =>
  Buffer.from(await bytes((await handler(asked('/'))).body, 1000)).toString()

describe('respond', () => {
  it.each([
    [{}, 200, undefined, ''],
    [{ status: 204 }, 204, undefined, ''],
    [{ body: 'hi' }, 200, 'text/plain; charset=utf-8', 'hi'],
    [{ body: '<p>', headers: { 'Content-Type': 'text/html' } }, 200, 'text/html', '<p>'],
    [{ body: Uint8Array.of(65) }, 200, undefined, 'A'],
    [{ status: 404, json: { a: [1, null] } }, 404, 'application/json', '{"a":[1,null]}'],
    [{ json: null }, 200, 'application/json', 'null'],
  ])('%j answers %i, %s, %j', async (options, status, type, text) => {
    const handler = respond(options)
    const answer = await handler(asked('/'))
    expect([answer.status, answer.headers['content-type'], await textOf(handler)]).toEqual([status, type, text])
  })

  it('H-183 keeps bytes of its own', async () => {
    const body = Buffer.from('abc')
    const handler = respond({ body })
    body[0] = 0
    expect(await textOf(handler)).toBe('abc')
  })

  it('can take its time, and ends with its client', async () => {
    vi.useFakeTimers()
    try {
      const slow = respond({ body: 'late', delayMs: 1_000 })
      const answer = slow(asked('/'))
      await vi.advanceTimersByTimeAsync(1_000)
      expect((await answer).status).toBe(200)
      const exchange = asked('/')
      const given = slow(exchange)
      exchange.cancel.abort(new EdgeError('ERR_EDGE_CLIENT_CLOSED', 'left'))
      await expect(given).rejects.toMatchObject({ code: 'ERR_EDGE_CLIENT_CLOSED' })
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it.each([
    [{ status: 101 }, 'from 200 to 599'],
    [{ status: 204, body: 'x' }, 'one that has a body'],
    [{ body: 'x', json: 1 }, 'none beside "body"'],
    [{ json: () => {} }, 'what JSON can say'],
    [{ body: 5 }, 'a string or a Uint8Array'],
    [{ delayMs: -1 }, 'delayMs'],
  ])('refuses %j', (options, allowed) => expect(() => respond(options as never)).toThrow(allowed))
})
