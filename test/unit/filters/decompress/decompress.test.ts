import {
  bytes,
  bytesBody,
  compose,
  type DecompressOptions,
  decompress,
  type Exchange,
  emptyReply,
  handOver,
  type Reply,
  reply,
} from 'edgewise'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Feed } from '../../feed.js'
import { asking, codings, encode, text } from '../coding-kit.js'

const CONTENT = text(100_000)
const ZIPPED = encode.gzip(CONTENT)
const gzipped = { 'content-type': 'text/css', 'content-encoding': 'gzip' }

const run = (answer: Reply, options: DecompressOptions = {}, exchange: Exchange = asking()): Promise<Reply> =>
  compose(decompress(options), async () => answer)(exchange)

async function content({ body }: Reply): Promise<Buffer> {
  return Buffer.from(await bytes(body, 1 << 26))
}

describe('decompress, of replies', () => {
  it.each(codings)('undoes %s and corrects the fields', async (coding) => {
    const encoded = encode[coding](CONTENT)
    const got = await run(
      reply(200, encoded, {
        'content-encoding': coding,
        'content-length': encoded.length,
        etag: '"a"',
        'accept-ranges': 'bytes',
        'content-md5': 'x',
        digest: 'x',
        'repr-digest': 'x',
      }),
    )
    expect({ ...got.headers }).toEqual({ etag: 'W/"a"' })
    expect(Buffer.compare(await content(got), CONTENT)).toBe(0)
  })

  it('what goes in comes out, whatever the codings and the chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 30_000 }),
        fc.integer({ min: 1, max: 20_000 }),
        fc.array(fc.constantFrom(...codings), { minLength: 1, maxLength: 2 }),
        async (random, chunk, some) => {
          const encoded = some.reduce<Uint8Array>((inner, coding) => encode[coding](inner), random)
          const { body } = new Feed(Buffer.from(encoded), { chunk })
          const got = await run(reply(200, body, { 'content-encoding': some.join(', ') }))
          expect(Buffer.compare(await content(got), random)).toBe(0)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('H-159 what is no gzip is a 502, before a head goes out', async () => {
    await expect(run(reply(200, 'plain text', gzipped))).rejects.toMatchObject({
      code: 'ERR_EDGE_BAD_REPLY',
      status: 502,
    })
  })

  it('H-159 H-090 what is cut later breaks the body off', async () => {
    const got = await run(reply(200, ZIPPED.subarray(0, ZIPPED.length - 9), gzipped))
    await expect(content(got)).rejects.toMatchObject({ code: 'ERR_EDGE_BAD_REPLY' })
  })

  it.each(['compress', 'gzip, gzip, gzip', 'aws-chunked'])(
    'H-159 an unknown %s is refused, or passed on',
    async (coding) => {
      const feed = new Feed(ZIPPED)
      const answer = reply(200, feed.body, { ...gzipped, 'content-encoding': coding })
      expect(await run(answer, { unknown: 'pass' })).toBe(answer)
      await expect(run(answer)).rejects.toMatchObject({ code: 'ERR_EDGE_BAD_REPLY' })
      expect(feed.body.untouched).toBe(false)
    },
  )

  it('H-159 identity is nothing to undo', async () => {
    const answer = reply(200, CONTENT, { 'content-encoding': 'identity' })
    expect(await run(answer)).toBe(answer)
  })

  it('H-163 what is partial, or not to be changed, passes as it came', async () => {
    for (const answer of [
      reply(206, ZIPPED, { ...gzipped, 'content-range': 'bytes 0-1/2' }),
      reply(200, ZIPPED, { ...gzipped, 'cache-control': 'no-transform' }),
      reply(200, CONTENT),
    ])
      expect(await run(answer)).toBe(answer)
  })

  it('H-163 what has no body has the fields that a GET would have', async () => {
    const head = await run(
      emptyReply(200, { ...gzipped, 'content-length': '99', etag: '"a"' }),
      {},
      asking({}, { method: 'HEAD' }),
    )
    expect({ ...head.headers }).toEqual({ 'content-type': 'text/css', etag: 'W/"a"' })
    const empty = await run(emptyReply(200, { ...gzipped, 'content-length': '0' }))
    expect({ ...empty.headers }).toEqual({ 'content-type': 'text/css', 'content-length': '0' })
  })

  it('H-165 a 304 has the weak tag that was asked with', async () => {
    const got = await run(emptyReply(304, { etag: '"a"' }), {}, asking({ 'if-none-match': 'W/"a"' }))
    expect(got.headers['etag']).toBe('W/"a"')
  })

  it('events do not wait for the first of them', async () => {
    const silent = new Feed(ZIPPED, { failAt: Infinity })
    silent.pause()
    const got = await run(reply(200, silent.body, { ...gzipped, 'content-type': 'text/event-stream' }))
    expect(got.headers['content-encoding']).toBeUndefined()
    if (got.body.kind === 'stream') got.body.cancel(new Error('enough'))
  })

  it.each([
    ['gzip, br', 'gzip', 'gzip'],
    ['br', 'gzip', undefined],
    [undefined, 'gzip', undefined],
    ['gzip;q=0', 'gzip', undefined],
    ['x-gzip', 'GZIP', 'GZIP'],
  ])('unaccepted only: to a client with %j, %s leaves as %s', async (accepted, coding, left) => {
    const answer = reply(200, ZIPPED, { ...gzipped, 'content-encoding': coding })
    const exchange = asking(accepted === undefined ? {} : { 'accept-encoding': accepted })
    const got = await run(answer, { when: 'unaccepted' }, exchange)
    expect([got.headers['content-encoding'], got.headers['vary']]).toEqual([left, 'Accept-Encoding'])
    expect(Buffer.compare(await content(got), left === undefined ? CONTENT : ZIPPED)).toBe(0)
  })
})

describe('decompress, of requests', () => {
  const ask = async (
    fields: Record<string, string>,
    body: Uint8Array,
    options: DecompressOptions = {},
  ): Promise<{ answer: Reply; seen: Exchange | undefined }> => {
    let seen: Exchange | undefined
    const handler = compose(decompress({ requests: true, ...options }), async (exchange) => {
      seen = exchange
      return emptyReply(204)
    })
    return { answer: await handler(asking(fields, { method: 'POST', body: bytesBody(body) })), seen }
  }

  it.each(codings)('undoes %s and corrects the fields', async (coding) => {
    const { seen } = await ask(
      { 'content-encoding': coding, 'content-length': '9', 'content-md5': 'x' },
      encode[coding](CONTENT),
    )
    expect({ ...seen!.headers }).toEqual({})
    expect(Buffer.compare(await bytes(seen!.body, 1 << 20), CONTENT)).toBe(0)
  })

  it('H-159 an unknown coding is a 415 that says what is known, or passes', async () => {
    const { answer, seen } = await ask({ 'content-encoding': 'compress' }, ZIPPED)
    expect([answer.status, answer.headers['accept-encoding'], seen]).toEqual([
      415,
      'gzip, deflate, br, zstd',
      undefined,
    ])
    expect((await ask({ 'content-encoding': 'compress' }, ZIPPED, { unknown: 'pass' })).seen!.headers).toMatchObject({
      'content-encoding': 'compress',
    })
  })

  it('H-159 what is corrupt is the client’s fault; no-transform does not help it past', async () => {
    const { seen } = await ask({ 'content-encoding': 'gzip', 'cache-control': 'no-transform' }, Buffer.from('plain'))
    await expect(bytes(seen!.body, 100)).rejects.toMatchObject({ status: 400 })
  })

  it('H-157 H-158 limits hold for what comes out', async () => {
    const { seen } = await ask({ 'content-encoding': 'gzip' }, ZIPPED, { maxBytes: 50_000 })
    await expect(bytes(seen!.body, 1 << 20)).rejects.toMatchObject({ status: 413 })
    // Of whoever reads it, too: the limit is on what it reads, not on what was sent.
    const other = await ask({ 'content-encoding': 'gzip' }, ZIPPED)
    await expect(bytes(other.seen!.body, 50_000)).rejects.toMatchObject({ status: 413 })
  })

  it('are left alone unless asked for', async () => {
    const { seen } = await ask({ 'content-encoding': 'gzip' }, ZIPPED, { requests: false })
    expect(seen!.headers['content-encoding']).toBe('gzip')
  })
})

describe('decompress', () => {
  it.each([
    [{ requests: true }, 'gzip', 'change'],
    [{ requests: true }, 'compress', 'deny'],
    [{ requests: true, unknown: 'pass' }, 'compress', 'depends'],
    [{ requests: true, replies: false }, 'identity', 'pass'],
    [{}, 'gzip', 'depends'],
  ] as const)('%j explains what it would do to a request in %s: %s', (options, coding, verdict) => {
    const exchange = asking({ 'content-encoding': coding }, { method: 'POST', body: bytesBody('x') })
    expect(decompress(options).explain!(exchange)).toMatchObject({ verdict })
  })

  it('cannot stand in front of handOver(), whose replies it never sees', () => {
    expect(() => compose(decompress(), handOver())).toThrow(expect.objectContaining({ code: 'ERR_EDGE_HAND_OVER' }))
  })

  it.each([
    [{ maxCodings: 5 }, 'maxCodings'],
    [{ maxRatio: 0.5 }, 'maxRatio'],
    [{ unknown: 'ignore' }, 'unknown'],
    [{ when: 'never' }, 'when'],
  ])('%j is refused by name', (options, name) => {
    expect(() => decompress(options as never)).toThrow(name)
  })
})
