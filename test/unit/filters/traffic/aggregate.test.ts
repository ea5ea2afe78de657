import {
  type AggregateOptions,
  aggregate,
  bytes,
  EdgeError,
  type Exchange,
  type Handler,
  handOver,
  reply,
} from 'edgewise'
import { describe, expect, it, vi } from 'vitest'
import { asked } from '../../asked.js'

const json =
  (text: string, status = 200): Handler =>
  async () =>
    reply(status, text, { 'content-type': 'application/json' })

async function put(parts: AggregateOptions['parts'], more: Partial<AggregateOptions> = {}, exchange = asked('/home')) {
  const answer = await aggregate({ parts, ...more })(exchange)
  return { answer, text: Buffer.from(await bytes(answer.body, 100_000)).toString() }
}

describe('aggregate', () => {
  it('puts parts together in their own words, whatever JavaScript makes of their numbers', async () => {
    const { answer, text } = await put({
      a: { handler: json('{"id": 12345678901234567890, "x": 1e400}') },
      __proto__x: { handler: json(' [ ] ') },
      b: { handler: json('"\\ud800"') },
    })
    expect(text).toBe('{"a":{"id": 12345678901234567890, "x": 1e400},"__proto__x": [ ] ,"b":"\\ud800"}')
    expect(answer.headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' })
    expect(answer.headers['edge-partial']).toBeUndefined()
  })

  it('asks all at once, each for its path, by GET, without what was about the whole', async () => {
    const seen: Exchange[] = []
    const gate = Promise.withResolvers<void>()
    const waiting: Handler = async (exchange) => {
      seen.push(exchange)
      if (seen.length === 2) gate.resolve()
      await gate.promise
      return json('1')(exchange)
    }
    const headers = { authorization: 'x', range: 'bytes=0-1', 'if-none-match': '"a"', 'content-length': '5' }
    const exchange = asked('/home/7?q=1', { method: 'POST', headers, params: { id: '7' } })
    const parts = { a: { handler: waiting, path: '/users/{params.id}' }, b: { handler: waiting } }
    expect((await put(parts, {}, exchange)).text).toBe('{"a":1,"b":1}')
    expect(seen.map(({ method, wire, body }) => [method, wire.href, body.kind])).toEqual([
      ['GET', '/users/7', 'empty'],
      ['GET', '/home/7?q=1', 'empty'],
    ])
    expect({ ...seen[0]!.headers }).toEqual({
      authorization: 'x',
      accept: 'application/json',
      'accept-encoding': 'identity',
    })
  })

  it('merges by a function of the parts', async () => {
    const merge: AggregateOptions['merge'] = ({ a, b }, { target }) => ({
      ...(a as object),
      list: b,
      from: target.path,
    })
    const { text } = await put({ a: { handler: json('{"x":1}') }, b: { handler: json('[2]') } }, { merge })
    expect(JSON.parse(text)).toEqual({ x: 1, list: [2], from: '/home' })
    await expect(put({ a: { handler: json('1') } }, { merge: () => undefined })).rejects.toMatchObject({
      code: 'ERR_EDGE_BAD_VALUE',
    })
  })

  const failing: readonly (readonly [string, Handler, string])[] = [
    ['a 500', json('{}', 500), 'ERR_EDGE_BAD_REPLY'],
    ['a redirect', async () => reply(302, '', { location: '/x' }), 'ERR_EDGE_BAD_REPLY'],
    ['no JSON', async () => reply(200, '{}'), 'ERR_EDGE_BAD_REPLY'],
    ['broken JSON', json('{"a":'), 'ERR_EDGE_BAD_REPLY'],
    ['too much', json(JSON.stringify('x'.repeat(200))), 'ERR_EDGE_REPLY_TOO_LARGE'],
    [
      'bytes that are no UTF-8',
      async () => reply(200, Uint8Array.of(34, 255, 34), { 'content-type': 'application/json' }),
      'ERR_EDGE_BAD_REPLY',
    ],
    [
      'a coding that was not asked for',
      async () => reply(200, '1', { 'content-type': 'application/json', 'content-encoding': 'gzip' }),
      'ERR_EDGE_BAD_REPLY',
    ],
    ['a failure', () => Promise.reject(new EdgeError('ERR_EDGE_CONNECT', 'refused')), 'ERR_EDGE_CONNECT'],
    [
      'a throw',
      () => {
        throw new EdgeError('ERR_EDGE_CONNECT', 'refused')
      },
      'ERR_EDGE_CONNECT',
    ],
  ]
  it.each(failing)('fails as a whole with %s from a required part', async (_, handler, code) => {
    await expect(put({ a: { handler: json('1') }, b: { handler } }, { maxPartBytes: 100 })).rejects.toMatchObject({
      code,
    })
  })
  it.each(failing)('puts a fallback in the place of %s, and says so', async (_, handler) => {
    const { answer, text } = await put(
      { a: { handler: json('1') }, 'b c': { handler, fallback: [] } },
      { maxPartBytes: 100 },
    )
    expect([answer.status, answer.headers['edge-partial'], text]).toEqual([200, 'b%20c', '{"a":1,"b c":[]}'])
  })

  it('passes a required part’s 4xx on', async () => {
    const { answer, text } = await put({ a: { handler: json('1') }, b: { handler: json('"who?"', 404) } })
    expect([answer.status, text]).toEqual([404, '"who?"'])
  })

  it('gives a part up when its time is over, and all of them when the client leaves; each ends once', async () => {
    vi.useFakeTimers()
    try {
      let ended = 0
      const hanging: Handler = (exchange) => {
        exchange.onSettled(() => ended++)
        return new Promise((_, reject) => exchange.cancel.add(reject))
      }
      const late = put({ a: { handler: json('1') }, b: { handler: hanging, fallback: null, timeoutMs: 100 } })
      await vi.advanceTimersByTimeAsync(100)
      expect((await late).text).toBe('{"a":1,"b":null}')
      const exchange = asked('/')
      const left = put({ a: { handler: hanging }, b: { handler: hanging } }, {}, exchange)
      const rejected = expect(left).rejects.toMatchObject({ code: 'ERR_EDGE_CLIENT_CLOSED' })
      exchange.cancel.abort(new EdgeError('ERR_EDGE_CLIENT_CLOSED', 'left'))
      await rejected
      await vi.advanceTimersByTimeAsync(0)
      expect([ended, vi.getTimerCount()]).toEqual([3, 0])
    } finally {
      vi.useRealTimers()
    }
  })

  it('gives the others up when a required part has failed', async () => {
    let gone: Error | undefined
    const hanging: Handler = (exchange) =>
      new Promise((_, reject) =>
        exchange.cancel.add((reason) => {
          gone = reason
          reject(reason)
        }),
      )
    const bad: Handler = () => Promise.reject(new EdgeError('ERR_EDGE_CONNECT', 'refused'))
    await expect(put({ a: { handler: hanging }, b: { handler: bad } })).rejects.toMatchObject({
      code: 'ERR_EDGE_CONNECT',
    })
    expect(gone).toBeDefined()
  })

  it.each([
    [{ parts: {} }, 'at least one part'],
    [{ parts: { a: {} } }, 'part "a": option "handler"'],
    [{ parts: { a: { handler: handOver() } } }, 'one that answers itself'],
    [{ parts: { a: { handler: json('1'), path: 'users' } } }, 'a path'],
    [{ parts: { a: { handler: json('1'), path: '/{nope}' } } }, 'nope'],
  ])('refuses %j', (options, allowed) => expect(() => aggregate(options as never)).toThrow(allowed))
})
