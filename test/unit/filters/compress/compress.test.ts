import { gunzipSync } from 'node:zlib'
import {
  bytes,
  bytesBody,
  type CompressOptions,
  compose,
  compress,
  discard,
  type Exchange,
  emptyReply,
  handOver,
  type Reply,
  reply,
} from 'edgewise'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Basin, Feed, turn } from '../../feed.js'
import { asking, codings, decode, text } from '../coding-kit.js'

const LONG = text(300_000)
const JSON_TYPE = { 'content-type': 'application/json' }

const run = (exchange: Exchange, answer: Reply, options: CompressOptions = {}): Promise<Reply> =>
  compose(compress(options), async () => answer)(exchange)

const taking = (accepted = 'gzip', more: Record<string, string> = {}, method = 'GET'): Exchange =>
  asking({ 'accept-encoding': accepted, ...more }, { method })

async function content({ body }: Reply): Promise<Buffer> {
  return Buffer.from(await bytes(body, 64 << 20))
}

describe('compress', () => {
  it.each(codings.flatMap((coding) => ['short', 'long', 'stream'].map((kind) => [coding, kind] as const)))(
    'sends %s (%s), and says so',
    async (coding, kind) => {
      const plain = kind === 'short' ? LONG.subarray(0, 2_000) : LONG
      const body = kind === 'stream' ? new Feed(plain, { sized: false }).body : bytesBody(plain)
      const got = await run(taking(coding), reply(200, body, { ...JSON_TYPE, 'content-length': plain.length }))
      expect(got.headers).toMatchObject({ 'content-encoding': coding, vary: 'Accept-Encoding' })
      expect('content-length' in got.headers).toBe(false)
      // Only a short one is done, and its length known, before its head goes out.
      expect(got.body.kind).toBe(kind === 'short' ? 'bytes' : 'stream')
      const encoded = await content(got)
      expect(encoded.length).toBeLessThan(plain.length / 2)
      expect(Buffer.compare(decode[coding](encoded), plain)).toBe(0)
    },
  )

  it('a stream that is all there already is done at once, too', async () => {
    const feed = new Feed(LONG.subarray(0, 4_000), { sized: false })
    feed.body.prime()
    const got = await run(taking(), reply(200, feed.body, JSON_TYPE))
    expect(got.body.kind).toBe('bytes')
    expect(gunzipSync(await content(got)).length).toBe(4_000)
  })

  it('what does not get shorter passes as it is', async () => {
    const noise = crypto.getRandomValues(new Uint8Array(2_000))
    const got = await run(taking(), reply(200, noise, JSON_TYPE))
    expect(got.headers['content-encoding']).toBeUndefined()
    expect(Buffer.compare(await content(got), noise)).toBe(0)
  })

  it('H-164 an eligible reply varies by Accept-Encoding, compressed or not; another does not', async () => {
    const vary = async (accepted: string, answer: Reply): Promise<unknown> =>
      (await run(taking(accepted), answer)).headers['vary']
    expect(await vary('gzip', reply(200, LONG, JSON_TYPE))).toBe('Accept-Encoding')
    expect(await vary('identity', reply(200, LONG, { ...JSON_TYPE, vary: 'Origin' }))).toBe('Origin, Accept-Encoding')
    expect(await vary('gzip', reply(200, LONG, { ...JSON_TYPE, vary: '*' }))).toBe('*')
    expect(await vary('gzip', reply(200, LONG, { 'content-type': 'image/png' }))).toBeUndefined()
    expect(await vary('gzip', reply(200, LONG.subarray(0, 100), JSON_TYPE))).toBeUndefined()
  })

  it('H-165 weakens a strong ETag where it compresses, and only there', async () => {
    const etag = async (accepted: string): Promise<unknown> =>
      (await run(taking(accepted), reply(200, LONG, { ...JSON_TYPE, etag: '"v1"' }))).headers['etag']
    expect([await etag('gzip'), await etag('identity')]).toEqual(['W/"v1"', '"v1"'])
  })

  it('H-165 a 304 to whoever asked with the weak tag has that tag, and varies', async () => {
    const answer = emptyReply(304, { etag: '"v1"' })
    const weak = await run(taking('gzip', { 'if-none-match': 'W/"v1"' }), answer)
    expect({ ...weak.headers }).toEqual({ etag: 'W/"v1"', vary: 'Accept-Encoding' })
    expect(await run(taking('gzip', { 'if-none-match': '"v1"' }), answer)).toBe(answer)
  })

  it('H-162 H-163 what is not eligible passes as the very value it was', async () => {
    for (const answer of [
      reply(200, LONG, { ...JSON_TYPE, 'content-encoding': 'gzip' }),
      reply(200, LONG, { ...JSON_TYPE, 'content-encoding': 'identity' }),
      reply(200, LONG, { ...JSON_TYPE, 'cache-control': 'public, no-transform' }),
      reply(206, LONG, { ...JSON_TYPE, 'content-range': 'bytes 0-1/2' }),
      emptyReply(204),
      emptyReply(304, { etag: '"a"' }),
      reply(200, null, { ...JSON_TYPE, 'content-length': '0' }),
    ])
      expect(await run(taking(), answer)).toBe(answer)
  })

  it('H-163 a client’s no-transform is kept, too', async () => {
    const got = await run(taking('gzip', { 'cache-control': 'no-transform' }), reply(200, LONG, JSON_TYPE))
    expect(got.headers).toMatchObject({ vary: 'Accept-Encoding' })
    expect(got.headers['content-encoding']).toBeUndefined()
  })

  it('H-163 a HEAD gets the fields that a GET would', async () => {
    const fields = { ...JSON_TYPE, 'content-length': '300000', etag: '"v1"', 'accept-ranges': 'bytes' }
    const head = await run(taking('br', {}, 'HEAD'), emptyReply(200, fields))
    const get = await run(taking('br'), reply(200, LONG, fields))
    expect({ ...head.headers }).toEqual({ ...get.headers })
    expect(head.body.kind).toBe('empty')
    discard(get)
    const short = emptyReply(200, { ...JSON_TYPE, 'content-length': '10' })
    expect(await run(taking('br', {}, 'HEAD'), short)).toBe(short)
  })

  it('H-166 keeps trailers, but for sums of other bytes', async () => {
    const trailers = () => ({ 'server-timing': 'x', 'repr-digest': 'y' })
    for (const body of [
      new Feed(LONG, { sized: false }).body,
      new Feed(LONG.subarray(0, 2_000), { sized: false }).body,
    ]) {
      body.prime()
      const got = await run(taking(), { ...reply(200, body, JSON_TYPE), trailers })
      // Bytes would leave with a Content-Length, and no trailer could follow.
      expect(got.body.kind).toBe('stream')
      await content(got)
      expect({ ...got.trailers!() }).toEqual({ 'server-timing': 'x' })
    }
  })

  it('H-167 events pass as they are unless asked for', async () => {
    const answer = reply(200, new Feed(LONG).body, { 'content-type': 'text/event-stream' })
    expect(await run(taking(), answer)).toBe(answer)
    const got = await run(taking(), answer, { eventStreams: true })
    expect(got.headers['content-encoding']).toBe('gzip')
    discard(got)
  })

  it('H-169 a reply that another site’s page had asked for with the user’s cookies stays uncompressed', async () => {
    const page = { cookie: 'session=1', 'sec-fetch-site': 'cross-site' }
    const encoding = async (fields: Record<string, string>, options: CompressOptions = {}): Promise<unknown> =>
      (await run(taking('gzip', fields), reply(200, LONG, JSON_TYPE), options)).headers['content-encoding']
    expect(await encoding(page)).toBeUndefined()
    expect(await encoding({ cookie: 'session=1' })).toBe('gzip')
    expect(await encoding(page, { breachGuard: false })).toBe('gzip')
  })

  it('H-170 past its number of encoders replies go out as they are, until one is free', async () => {
    const options = compress({ maxEncoders: 2 })
    const ask = (): Promise<Reply> =>
      compose(options, async () => reply(200, new Feed(LONG, { slow: true }).body, JSON_TYPE))(taking())
    const encoding = ({ headers }: Reply): unknown => headers['content-encoding']
    const [first, second, third] = [await ask(), await ask(), await ask()]
    expect([first, second, third].map(encoding)).toEqual(['gzip', 'gzip', undefined])
    expect(third!.headers['vary']).toBe('Accept-Encoding')
    expect(Buffer.compare(await content(third!), LONG)).toBe(0)
    // One is read to its end, the other given up.
    await content(first!)
    discard(second!)
    await turn()
    const again = [await ask(), await ask()]
    expect(again.map(encoding)).toEqual(['gzip', 'gzip'])
    for (const each of again) discard(each)
  })

  it('H-090 a body that breaks off never gets a valid end', async () => {
    for (const coding of codings) {
      const feed = new Feed(LONG, { failAt: 200_000, sized: false })
      const { body } = await run(taking(coding), reply(200, feed.body, JSON_TYPE))
      const basin = new Basin()
      if (body.kind === 'stream') body.attach(basin)
      expect(await basin.over).toBe(feed.error)
    }
  })

  it('a body that is dead already is left for the error it makes', async () => {
    const feed = new Feed(LONG, { failAt: 0 })
    feed.body.prime()
    const answer = reply(200, feed.body, JSON_TYPE)
    expect(await run(taking(), answer)).toBe(answer)
  })

  it('what goes in comes out, whatever the coding and the chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 40_000 }),
        fc.integer({ min: 1, max: 20_000 }),
        fc.constantFrom(...codings),
        fc.boolean(),
        fc.boolean(),
        async (random, chunk, coding, sized, slow) => {
          const plain = Buffer.from(random)
          const { body } = new Feed(plain, { chunk, sized, slow })
          const got = await run(taking(coding), reply(200, body, JSON_TYPE), {
            threshold: 0,
            flushAfterMs: slow ? 0 : 25,
          })
          const out = await content(got)
          const encoding = got.headers['content-encoding'] as keyof typeof decode | undefined
          expect(Buffer.compare(encoding === undefined ? out : decode[encoding](out), plain)).toBe(0)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('asks an upstream for plain replies where that is wanted', async () => {
    const seen: unknown[] = []
    for (const offload of [false, true])
      await compose(compress({ offload }), async ({ headers }) => {
        seen.push(headers['accept-encoding'])
        return emptyReply(204)
      })(taking('br'))
    expect(seen).toEqual(['br', 'identity'])
  })

  it('explains itself', () => {
    const { explain } = compress()
    expect(explain!(taking('br'))).toMatchObject({ verdict: 'depends', why: expect.stringContaining('br, ') })
    expect(explain!(asking())).toMatchObject({ verdict: 'pass' })
  })

  it('cannot stand in front of handOver()', () => {
    expect(() => compose(compress(), handOver())).toThrow(expect.objectContaining({ code: 'ERR_EDGE_HAND_OVER' }))
  })
})
