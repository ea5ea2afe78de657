import { PassThrough, Transform } from 'node:stream'
import { createGzip, gunzipSync } from 'node:zlib'
import { bytes, bytesBody, emptyBody, through } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { Basin, Feed, turn } from './feed.js'
import { text } from './filters/coding-kit.js'

const CONTENT = text(4 << 20)

describe('through', () => {
  it.each(['bytes', 'stream', 'empty'] as const)('a body (%s) comes out as the transform makes it', async (kind) => {
    const body = kind === 'empty' ? emptyBody : kind === 'bytes' ? bytesBody(CONTENT) : new Feed(CONTENT).body
    const out = gunzipSync(await bytes(through(body, createGzip()), CONTENT.length))
    expect(Buffer.compare(out, kind === 'empty' ? Buffer.alloc(0) : CONTENT)).toBe(0)
  })

  it('a reader that stands still holds the source back', async () => {
    const feed = new Feed(CONTENT, { slow: true })
    const out = through(feed.body, new PassThrough())
    const basin = new Basin(() => false)
    out.attach(basin)
    for (let turns = 0; turns < 50; turns++) await turn()
    expect(feed.paused).toBe(true)
    expect(feed.sent).toBeLessThan(300_000)
    const flowing = setInterval(() => out.resume(), 0)
    expect(await basin.over).toBe('end')
    clearInterval(flowing)
    expect(basin.size).toBe(CONTENT.length)
  })

  it('nothing is read before somebody reads', async () => {
    const feed = new Feed(CONTENT)
    const out = through(feed.body, new PassThrough())
    await turn()
    expect([feed.opened, out.untouched]).toEqual([0, true])
  })

  it('H-090 a body that dies destroys the transform: what came before never gets a valid end', async () => {
    const feed = new Feed(CONTENT, { failAt: 200_000 })
    const gzip = createGzip()
    const basin = new Basin()
    through(feed.body, gzip).attach(basin)
    expect(await basin.over).toBe(feed.error)
    expect(gzip.destroyed).toBe(true)
    await turn()
    expect(basin.endings).toEqual([feed.error])
    expect(() => gunzipSync(basin.bytes)).toThrow('unexpected end of file')
  })

  it.each([false, true])(
    'a reader that leaves (begun: %s) destroys the transform and lets the body go',
    async (begun) => {
      const feed = new Feed(CONTENT, { slow: true })
      const gzip = createGzip()
      const closed = new Promise((resolve) => gzip.once('close', resolve))
      const out = through(feed.body, gzip)
      if (begun) {
        out.attach(new Basin())
        await turn()
      }
      const reason = new Error('enough')
      out.cancel(reason)
      await closed
      expect([gzip.destroyed, feed.cancelled]).toEqual([true, [reason]])
    },
  )

  it('the transform’s error is the result’s, once, as it was put; the body is let go', async () => {
    const feed = new Feed(CONTENT, { slow: true })
    const bad = new Transform({ transform: (_chunk, _encoding, done) => done(new Error('bad')) })
    const basin = new Basin()
    through(feed.body, bad, { failure: ({ message }) => new Error(`${message} put well`) }).attach(basin)
    expect(await basin.over).toMatchObject({ message: 'bad put well' })
    await turn()
    expect([basin.endings.length, feed.cancelled.length]).toEqual([1, 1])
  })

  it('a transform that closes before its end is a failure', async () => {
    const transform = new PassThrough()
    const basin = new Basin()
    through(new Feed(CONTENT, { slow: true }).body, transform).attach(basin)
    transform.destroy()
    expect(await basin.over).toMatchObject({ code: 'ERR_EDGE_UPSTREAM_RESET' })
  })

  it('a transform can be made of the first chunk; without any chunk there is none', async () => {
    const firsts: Uint8Array[] = []
    const make = (first: Uint8Array): PassThrough => {
      firsts.push(first)
      return new PassThrough()
    }
    expect(Buffer.from(await bytes(through(bytesBody('abc'), make), 10)).toString()).toBe('abc')
    expect(await bytes(through(emptyBody, make), 10)).toHaveLength(0)
    expect(await bytes(through(new Feed(Buffer.alloc(0)).body, make), 10)).toHaveLength(0)
    expect(firsts.map((first) => Buffer.from(first).toString())).toEqual(['abc'])
  })

  it('tells of each chunk that went in', async () => {
    let wrote = 0
    const body = through(new Feed(CONTENT.subarray(0, 5 * 16_384)).body, new PassThrough(), {
      wrote: () => void wrote++,
    })
    await bytes(body, CONTENT.length)
    expect(wrote).toBe(5)
  })
})
