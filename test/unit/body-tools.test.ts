import { randomFillSync } from 'node:crypto'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { bytes, bytesBody, emptyBody, fromReadable, readable, recorded, type StreamBody, tee, toBody } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { Basin, Feed, turn } from './feed.js'

const MIB = 1 << 20
const CONTENT = randomFillSync(Buffer.alloc(4 * MIB))
const tooLarge = (code: string, status: number) => expect.objectContaining({ code, status })

describe('bytes', () => {
  it.each([
    [CONTENT.length, true],
    [CONTENT.length, false],
  ])('reads up to its limit (%i bytes, length told: %s)', async (limit, sized) => {
    expect(Buffer.compare(await bytes(new Feed(CONTENT, { sized }).body, limit), CONTENT)).toBe(0)
  })

  it.each([true, false])('past its limit it lets the source go (length told: %s)', async (sized) => {
    const feed = new Feed(CONTENT, { sized })
    await expect(bytes(feed.body, 100_000)).rejects.toThrow(tooLarge('ERR_EDGE_BODY_TOO_LARGE', 413))
    expect(feed.cancelled).toHaveLength(1)
    expect(feed.sent).toBeLessThan(200_000)
  })

  it('blames the upstream for a reply', async () => {
    await expect(bytes(bytesBody('abc'), 2, 'reply')).rejects.toThrow(tooLarge('ERR_EDGE_REPLY_TOO_LARGE', 502))
    await expect(bytes(new Feed(CONTENT).body, 2, 'reply')).rejects.toThrow(tooLarge('ERR_EDGE_REPLY_TOO_LARGE', 502))
  })

  it('a value costs no copy', async () => {
    expect(await bytes(emptyBody, 0)).toHaveLength(0)
    await expect(bytes(bytesBody('abc'), 2)).rejects.toThrow(tooLarge('ERR_EDGE_BODY_TOO_LARGE', 413))
  })

  it('what the source failed with is what it rejects with', async () => {
    const feed = new Feed(CONTENT, { failAt: 70_000 })
    await expect(bytes(feed.body, CONTENT.length)).rejects.toBe(feed.error)
  })
})

describe('readable and fromReadable', () => {
  it('are each other’s inverse, back-pressure included', async () => {
    const feed = new Feed(CONTENT)
    const body = fromReadable(readable(feed.body), CONTENT.length)
    await turn()
    expect(feed.sent).toBeLessThan(MIB)
    expect(Buffer.compare(await bytes(body, CONTENT.length), CONTENT)).toBe(0)
  })

  it('an error passes through both', async () => {
    const feed = new Feed(CONTENT, { failAt: 200_000 })
    await expect(bytes(fromReadable(readable(feed.body)), CONTENT.length)).rejects.toBe(feed.error)
  })

  it('a cancellation passes through both', async () => {
    const feed = new Feed(CONTENT)
    const body = fromReadable(readable(feed.body))
    body.cancel(new Error('enough'))
    await turn()
    expect(feed.cancelled.map(({ message }) => message)).toEqual(['enough'])
  })

  it('a pipeline whose far end dies lets the source go', async () => {
    const feed = new Feed(CONTENT, { slow: true })
    const far = new Writable({ write: (_chunk, _encoding, done) => done(new Error('far end')) })
    await expect(pipeline(readable(feed.body), far)).rejects.toThrow('far end')
    expect(feed.cancelled).toHaveLength(1)
  })

  it('a stream of strings becomes its UTF-8', async () => {
    expect(Buffer.from(await bytes(fromReadable(Readable.from(['€', 'x'])), 10)).toString()).toBe('€x')
  })

  it('a stream that closes before its end is a failure', async () => {
    const stream = new Readable({ read() {} })
    const body = fromReadable(stream)
    stream.destroy()
    await expect(bytes(body, 10)).rejects.toMatchObject({ code: 'ERR_EDGE_UPSTREAM_RESET' })
  })

  it('a stream that is over already fails at once, never hangs', async () => {
    const read = Readable.from(['x'])
    for await (const _ of read);
    await expect(bytes(fromReadable(read), 10)).rejects.toMatchObject({ code: 'ERR_EDGE_BODY_USED' })
    const broken = new Readable({ read() {} })
    broken.on('error', () => {})
    broken.destroy(new Error('broken'))
    await new Promise((resolve) => broken.once('close', resolve))
    await expect(bytes(fromReadable(broken), 10)).rejects.toThrow('broken')
  })
})

describe('tee', () => {
  const both = async (main: StreamBody, side: StreamBody): Promise<[Basin, Basin]> => {
    const basins: [Basin, Basin] = [new Basin(), new Basin()]
    side.attach(basins[1])
    main.attach(basins[0])
    await Promise.all(basins.map(({ over }) => over))
    return basins
  }

  it('gives a value to both', () => {
    const body = bytesBody('x')
    expect(tee(body, { limit: 1 })).toEqual([body, body])
  })

  it('gives two readers the same bytes', async () => {
    const [main, side] = tee(new Feed(CONTENT, { slow: true }).body, { limit: 100_000 }) as [StreamBody, StreamBody]
    const [a, b] = await both(main, side)
    expect([a.bytes.equals(CONTENT), b.bytes.equals(CONTENT), a.endings, b.endings]).toEqual([
      true,
      true,
      ['end'],
      ['end'],
    ])
  })

  it('drops a side that lags past the limit, and the main reader does not notice', async () => {
    const feed = new Feed(CONTENT)
    const [main, side] = tee(feed.body, { limit: 100_000 }) as [StreamBody, StreamBody]
    const slow = new Basin(() => false)
    side.attach(slow)
    expect(Buffer.compare(await bytes(main, CONTENT.length), CONTENT)).toBe(0)
    expect(await slow.over).toMatchObject({ code: 'ERR_EDGE_REPLY_TOO_LARGE' })
    expect(slow.size).toBeLessThan(200_000)
  })

  it('drops a side that nobody reads', async () => {
    const [main, side] = tee(new Feed(CONTENT).body, { limit: 100_000 }) as [StreamBody, StreamBody]
    expect(await bytes(main, CONTENT.length)).toHaveLength(CONTENT.length)
    expect(side.failure).toMatchObject({ code: 'ERR_EDGE_REPLY_TOO_LARGE' })
  })

  it('goes at the main reader’s pace', async () => {
    const feed = new Feed(CONTENT)
    const [main, side] = tee(feed.body, { limit: 8 * MIB }) as [StreamBody, StreamBody]
    const basins = [new Basin(() => false), new Basin()]
    side.attach(basins[1]!)
    main.attach(basins[0]!)
    await turn()
    expect(feed.sent).toBeLessThan(200_000)
    const timer = setInterval(() => main.resume(), 0)
    await Promise.all(basins.map(({ over }) => over))
    clearInterval(timer)
    expect(basins.map((basin) => basin.bytes.equals(CONTENT))).toEqual([true, true])
  })

  it('a side within the limit catches up after the end', async () => {
    const content = CONTENT.subarray(0, 500_000)
    const [main, side] = tee(new Feed(content).body, { limit: MIB }) as [StreamBody, StreamBody]
    expect(await bytes(main, content.length)).toHaveLength(content.length)
    expect(Buffer.compare(await bytes(side, content.length), content)).toBe(0)
  })

  it('a side that leaves does no harm', async () => {
    const feed = new Feed(CONTENT)
    const [main, side] = tee(feed.body, { limit: MIB })
    ;(side as StreamBody).cancel(new Error('enough'))
    expect(Buffer.compare(await bytes(main, CONTENT.length), CONTENT)).toBe(0)
    expect(feed.cancelled).toEqual([])
  })

  it('a main reader that leaves ends both', async () => {
    const feed = new Feed(CONTENT, { slow: true })
    const [main, side] = tee(feed.body, { limit: MIB }) as [StreamBody, StreamBody]
    const basin = new Basin()
    side.attach(basin)
    main.cancel(new Error('enough'))
    expect(await basin.over).toMatchObject({ message: 'enough' })
    expect(feed.cancelled).toHaveLength(1)
  })

  it('a failure reaches both, once', async () => {
    const feed = new Feed(CONTENT, { failAt: 300_000 })
    const [main, side] = tee(feed.body, { limit: MIB }) as [StreamBody, StreamBody]
    const [a, b] = await both(main, side)
    expect([a.endings, b.endings]).toEqual([[feed.error], [feed.error]])
  })
})

describe('recorded', () => {
  it('makes a value of what fits', async () => {
    const body = await recorded(new Feed(CONTENT, { sized: false }).body, CONTENT.length)
    expect(body.kind).toBe('bytes')
    for (let reader = 0; reader < 2; reader++)
      expect(Buffer.compare(await bytes(body, CONTENT.length), CONTENT)).toBe(0)
  })

  it('an empty stream becomes the empty body', async () => {
    expect(await recorded(new Feed(Buffer.alloc(0)).body, 10)).toBe(emptyBody)
  })

  it('leaves values alone', async () => {
    const body = bytesBody('longer than that')
    expect([await recorded(emptyBody, 0), await recorded(body, 1)]).toEqual([emptyBody, body])
  })

  it('gives one that says it is longer back untouched', async () => {
    const feed = new Feed(CONTENT)
    const body = await recorded(feed.body, 1_000)
    expect([body, body.untouched, feed.opened]).toEqual([feed.body, true, 0])
  })

  it.each([0, 1_000, 65_536, 100_000])(
    'gives one that proves longer than %i as a stream from its first byte',
    async (limit) => {
      const feed = new Feed(CONTENT, { sized: false, slow: true })
      const body = await recorded(feed.body, limit)
      expect(body.kind).toBe('stream')
      await turn()
      expect(feed.sent).toBeLessThan(limit + 200_000)
      expect(Buffer.compare(await bytes(body, CONTENT.length), CONTENT)).toBe(0)
    },
  )

  it('an error rejects before the limit, and fails the stream past it', async () => {
    const early = new Feed(CONTENT, { sized: false, failAt: 500 })
    await expect(recorded(early.body, 1_000)).rejects.toBe(early.error)
    const late = new Feed(CONTENT, { sized: false, slow: true, failAt: 500_000 })
    await expect(bytes(await recorded(late.body, 1_000), CONTENT.length)).rejects.toBe(late.error)
  })

  it('a cancellation past the limit lets the source go', async () => {
    const feed = new Feed(CONTENT, { sized: false, slow: true })
    const body = (await recorded(feed.body, 1_000)) as StreamBody
    body.cancel(new Error('enough'))
    expect(feed.cancelled).toHaveLength(1)
  })
})

describe('toBody', () => {
  it('takes what a handler has at hand', async () => {
    const body = bytesBody('x')
    expect([toBody(null), toBody(undefined), toBody(''), toBody(body)]).toEqual([emptyBody, emptyBody, emptyBody, body])
    expect(toBody('x')).toMatchObject({ kind: 'bytes', length: 1 })
    expect(toBody(Buffer.from('x'))).toMatchObject({ kind: 'bytes', length: 1 })
    expect(Buffer.from(await bytes(toBody(Readable.from(['x'])), 1)).toString()).toBe('x')
  })
})
