import { Readable } from 'node:stream'
import {
  bytes,
  bytesBody,
  EdgeError,
  type Exchange,
  fromReadable,
  type Handler,
  type IdempotencyOptions,
  idempotency,
  memoryIdempotencyStore,
  type Reply,
  reply,
} from 'edgewise'
import { describe, expect, it } from 'vitest'
import { makePrincipal } from '../../../../../src/filters/auth/make-principal.js'
import { setPrincipal } from '../../../../../src/filters/auth/principal.js'
import { asked } from '../../../asked.js'

interface Said {
  readonly status: number
  readonly text: string
  readonly replayed: boolean
}

/** A filter in front of a handler that counts. */
function counting(
  options: IdempotencyOptions = {},
  handler?: (count: number) => Promise<Reply>,
): {
  post(key: string | undefined, body?: string, odd?: Parameters<typeof asked>[1] & { who?: string }): Promise<Said>
  count(): number
} {
  let count = 0
  const filter = idempotency(options)
  const end: Handler = async () => {
    count++
    return handler === undefined ? reply(201, `made ${count}`, { 'set-cookie': ['a=1', 'b=2'] }) : handler(count)
  }
  return {
    count: () => count,
    async post(key, body = '{}', { who, ...odd } = {}) {
      const headers = { ...odd.headers, ...(key === undefined ? {} : { 'idempotency-key': key }) }
      const exchange: Exchange = asked('/pay', { method: 'POST', body: bytesBody(Buffer.from(body)), ...odd, headers })
      if (who !== undefined) setPrincipal(exchange, makePrincipal('basic', { id: who }))
      const answer = await filter(exchange, end)
      const text = Buffer.from(await bytes(answer.body, 1_000_000)).toString()
      return { status: answer.status, text, replayed: answer.headers['idempotency-replayed'] === 'true' }
    },
  }
}

describe('idempotency', () => {
  it('carries a request out once, and answers again what it answered', async () => {
    const { post, count } = counting()
    expect(await post('"8e03978e"')).toEqual({ status: 201, text: 'made 1', replayed: false })
    expect(await post('8e03978e')).toEqual({ status: 201, text: 'made 1', replayed: true })
    expect(await post('other')).toEqual({ status: 201, text: 'made 2', replayed: false })
    expect(count()).toBe(2)
  })

  it('is a 422 for the same key with another body, path, method, host or type', async () => {
    const { post } = counting()
    await post('k')
    expect((await post('k', '{"a":1}')).status).toBe(422)
    expect((await post('k', '{}', { method: 'PATCH' })).status).toBe(422)
    expect((await post('k', '{}', { client: { host: 'b.test' } })).status).toBe(422)
    expect((await post('k', '{}', { headers: { 'content-type': 'text/plain' } })).status).toBe(422)
    expect((await post('k')).replayed).toBe(true)
  })

  it('is a 409 with Retry-After while the first is under way', async () => {
    const first = Promise.withResolvers<Reply>()
    const { post, count } = counting({}, () => first.promise)
    const waiting = post('k')
    expect((await post('k')).status).toBe(409)
    first.resolve(reply(200, 'done'))
    expect((await waiting).text).toBe('done')
    expect(await post('k')).toEqual({ status: 200, text: 'done', replayed: true })
    expect(count()).toBe(1)
  })

  it('gives nobody the reply of another: keys are among those of a principal, or of a credential', async () => {
    const { post, count } = counting()
    await post('k', '{}', { who: 'ann' })
    expect((await post('k', '{}', { who: 'bob' })).replayed).toBe(false)
    expect((await post('k', '{}', { who: 'ann' })).replayed).toBe(true)
    expect((await post('k', '{}', { headers: { authorization: 'Basic YQ==' } })).replayed).toBe(false)
    expect((await post('k')).replayed).toBe(false)
    expect(count()).toBe(4)
  })

  it.each([401, 403, 408, 409, 425, 429, 503])('does not keep a %i', async (status) => {
    const { post, count } = counting({}, async () => reply(status))
    await post('k')
    await post('k')
    expect(count()).toBe(2)
  })

  it.each([
    [new EdgeError('ERR_EDGE_CONNECT', 'refused'), 2],
    [new EdgeError('ERR_EDGE_NO_ENDPOINT', 'none'), 2],
    [new TypeError('a bug'), 2],
    [new EdgeError('ERR_EDGE_UPSTREAM_RESET', 'reset'), 1],
    [new EdgeError('ERR_EDGE_FIRST_BYTE_TIMEOUT', 'slow'), 1],
  ])('after %s it is carried out %i times in all', async (error, times) => {
    const { post, count } = counting({}, () => Promise.reject(error))
    await expect(post('k')).rejects.toBe(error)
    const again = await post('k').catch((caught: unknown) => caught)
    expect(count()).toBe(times)
    if (times === 1) expect(again).toMatchObject({ status: (error as EdgeError).status, replayed: true })
    else expect(again).toBe(error)
  })

  it('keeps a streamed reply up to its limit; a longer one passes and is not carried out again', async () => {
    const streamed = async (): Promise<Reply> =>
      reply(200, fromReadable(Readable.from([Buffer.alloc(600), Buffer.alloc(600)])))
    const short = counting({ maxReplyBytes: 1200 }, streamed)
    expect((await short.post('k')).text).toHaveLength(1200)
    expect(await short.post('k')).toMatchObject({ status: 200, replayed: true })
    const long = counting({ maxReplyBytes: 1199 }, streamed)
    expect((await long.post('k')).text).toHaveLength(1200)
    expect(await long.post('k')).toMatchObject({ status: 409, replayed: false })
    expect([short.count(), long.count()]).toEqual([1, 1])
  })

  it.each(['', '"', '"a', 'a"', 'a b', 'ä', `"${'x'.repeat(256)}"`, 'a, b', 'a;b=1'])(
    'refuses the key %j',
    async (key) => {
      const { post, count } = counting()
      expect([(await post(key)).status, count()]).toEqual([400, 0])
    },
  )

  it('lets pass what has no key, unless it must, and what it is not for', async () => {
    expect((await counting().post(undefined)).status).toBe(201)
    expect((await counting({ required: true }).post(undefined)).status).toBe(400)
    const { post, count } = counting()
    await post('k', '{}', { method: 'PUT' })
    await post('k', '{}', { method: 'PUT' })
    expect(count()).toBe(2)
  })

  it('refuses a body that is too long to read', async () => {
    await expect(counting({ maxBodyBytes: 3 }).post('k', '1234')).rejects.toMatchObject({
      code: 'ERR_EDGE_BODY_TOO_LARGE',
    })
  })

  it.each(['finish', 'abandon'] as const)(
    'never carries a request out twice because its store failed to %s',
    async (fails) => {
      const inner = memoryIdempotencyStore()
      const broken = new EdgeError('ERR_EDGE_STORE', 'away')
      const store = { ...inner, [fails]: () => Promise.reject(broken) }
      const done = counting({ store })
      expect(await done.post('k')).toMatchObject({ status: 201, text: 'made 1' })
      expect((await done.post('k')).status).toBe(fails === 'finish' ? 409 : 201)
      expect(done.count()).toBe(1)
      const failure = new EdgeError('ERR_EDGE_UPSTREAM_RESET', 'reset')
      const failing = counting({ store }, () => Promise.reject(failure))
      await expect(failing.post('x')).rejects.toBe(failure)
      const refused = new EdgeError('ERR_EDGE_CONNECT', 'refused')
      await expect(counting({ store }, () => Promise.reject(refused)).post('y')).rejects.toBe(refused)
    },
  )

  it('ends what it did behind the client’s back', async () => {
    let ended = 0
    const filter = idempotency()
    const end: Handler = async (exchange) => {
      exchange.onSettled(() => ended++)
      return reply(200, 'x')
    }
    const exchange = asked('/', { method: 'POST', headers: { 'idempotency-key': 'k' } })
    await filter(exchange, end)
    expect(ended).toBe(1)
  })

  it.each([
    [{ store: {} }, 'an idempotency store'],
    [{ methods: [] }, 'at least one method'],
    [{ keepMs: 0 }, 'keepMs'],
  ])('refuses %j', (options, allowed) => expect(() => idempotency(options as never)).toThrow(allowed))
})

describe('memoryIdempotencyStore', () => {
  const kept = { status: 200, headers: {}, body: new Uint8Array(100) }

  it('forgets when the time is over, what is running, too', () => {
    let now = 0
    const store = memoryIdempotencyStore({ now: () => now })
    expect(store.begin('a', 'f', 10)).toBeNull()
    now = 9
    expect(store.begin('a', 'g', 10)).toEqual({ fingerprint: 'f', reply: null })
    now = 10
    expect(store.begin('a', 'g', 10)).toBeNull()
    store.finish('a', 'g', kept, 5)
    now = 14
    expect(store.begin('a', 'h', 10)).toEqual({ fingerprint: 'g', reply: kept })
    now = 15
    expect(store.begin('a', 'h', 10)).toBeNull()
  })

  it('remembers a request whose reply is more than it may hold, without the reply', async () => {
    const big = counting({ store: memoryIdempotencyStore({ maxBytes: 1_000 }) }, async () =>
      reply(200, 'x'.repeat(2_000)),
    )
    expect((await big.post('k')).status).toBe(200)
    expect([(await big.post('k')).status, big.count()]).toEqual([409, 1])
  })

  it('H-202 holds no more than it may, and never lets go of what is under way', () => {
    const store = memoryIdempotencyStore({ maxBytes: 5_000 })
    store.begin('running', 'f', 1_000)
    for (let at = 0; at < 1_000; at++) {
      store.begin(`k${at}`, 'f', 1_000)
      store.finish(`k${at}`, 'f', kept, 1_000)
    }
    expect(store.begin('running', 'f', 1_000)).not.toBeNull()
    expect(store.begin('k999', 'f', 1_000)).not.toBeNull()
    expect(store.begin('k0', 'f', 1_000)).toBeNull()
  })
})
