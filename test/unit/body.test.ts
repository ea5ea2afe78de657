import { randomFillSync } from 'node:crypto'
import { type Body, bytes, bytesBody, discard, emptyBody, emptyReply, readable, StreamBody } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { Basin, Feed, turn } from './feed.js'

const KIB64 = 65_536
const ALL = randomFillSync(Buffer.alloc(32 << 20))
const SIZES = {
  small: 100,
  'one under 64 KiB': KIB64 - 1,
  '64 KiB': KIB64,
  'one over 64 KiB': KIB64 + 1,
  '32 MiB': ALL.length,
}

interface Made {
  readonly body: Body
  readonly content: Buffer
  /** Of a stream only. */
  readonly feed?: Feed
}

const KINDS = {
  empty: (): Made => ({ body: emptyBody, content: Buffer.alloc(0) }),
  bytes: (size: number): Made => ({ body: bytesBody(ALL.subarray(0, size)), content: ALL.subarray(0, size) }),
  stream: (size: number, slow = false): Made => {
    const content = ALL.subarray(0, size)
    const feed = new Feed(content, { slow, chunk: size > 1_000_000 ? KIB64 : 16_384 })
    return { body: feed.body, content, feed }
  },
}

const rows = Object.entries(SIZES).flatMap(([name, size]) => [
  { kind: 'bytes', name, make: (_slow?: boolean) => KINDS.bytes(size) },
  { kind: 'stream', name, make: (slow?: boolean) => KINDS.stream(size, slow) },
])
const table = [{ kind: 'empty', name: 'nothing', make: (_slow?: boolean) => KINDS.empty() }, ...rows]

/** Reads a body as a user of Node streams would. */
async function read(body: Body): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of readable(body)) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

const untouchedAgain = async ({ body, content, feed }: Made): Promise<void> => {
  if (feed === undefined) expect((await read(body)).equals(content)).toBe(true)
}

describe.each(table)('a body of kind $kind ($name)', ({ make }) => {
  it('read: arrives whole, once or, of a value, any number of times', async () => {
    const made = make()
    expect((await read(made.body)).equals(made.content)).toBe(true)
    await untouchedAgain(made)
    expect(made.feed?.cancelled ?? []).toEqual([])
  })

  it('discard: lets the source go, and a value stays a value', async () => {
    const made = make()
    discard({ ...emptyReply(200), body: made.body })
    await turn()
    if (made.feed !== undefined) {
      const short = made.content.length <= KIB64
      expect([made.feed.cancelled.length, made.feed.body.ended]).toEqual(short ? [0, true] : [1, false])
      expect(made.feed.sent).toBe(short ? made.content.length : 0)
    }
    await untouchedAgain(made)
  })

  it('abort: a reader that leaves takes the source with it, once', async () => {
    const made = make(true)
    const stream = readable(made.body)
    stream.on('error', () => {})
    await new Promise((resolve) => stream.once('data', resolve).once('end', resolve))
    stream.destroy(new Error('enough'))
    await new Promise((resolve) => (stream.closed ? resolve(null) : stream.once('close', resolve)))
    for (let turns = 0; turns < 3; turns++) await turn()
    if (made.feed !== undefined && made.content.length > 16_384) {
      expect(made.feed.cancelled).toHaveLength(1)
      expect(made.feed.sent).toBeLessThanOrEqual(8 * KIB64)
    }
    await untouchedAgain(made)
  })

  it('error: reaches the reader as it is, behind what came before it', async () => {
    const { body, content } = make()
    if (body.kind !== 'stream') return expect(await bytes(body, content.length)).toHaveLength(content.length)
    const failAt = content.length >> 1
    const feed = new Feed(content, { failAt })
    const basin = new Basin()
    feed.body.attach(basin)
    expect(await basin.over).toBe(feed.error)
    feed.body.fail(new Error('again'))
    feed.body.end()
    expect([basin.endings.length, basin.size, feed.body.failure, feed.cancelled.length]).toEqual([
      1,
      failAt,
      feed.error,
      0,
    ])
    await expect(bytes(new Feed(content, { failAt }).body, content.length)).rejects.toThrow('the source died')
  })

  it('slow sink: is never outrun', async () => {
    const { body, content, feed } = make()
    let ahead = 0
    let got = 0
    const chunks: Buffer[] = []
    for await (const chunk of readable(body)) {
      chunks.push(chunk as Buffer)
      got += (chunk as Buffer).length
      if (feed !== undefined) ahead = Math.max(ahead, feed.sent - got)
      await turn()
    }
    expect(Buffer.concat(chunks).equals(content)).toBe(true)
    expect(ahead).toBeLessThanOrEqual(4 * KIB64)
  })

  it('slow source: is waited for', async () => {
    const { body, content } = make(true)
    expect((await read(body)).equals(content)).toBe(true)
  })

  it('late attach: what came early is held, in order and within bounds', async () => {
    const { body, content, feed } = make()
    if (body.kind === 'stream') body.prime()
    for (let turns = 0; turns < 3; turns++) await turn()
    if (feed !== undefined) {
      expect(feed.sent).toBeLessThanOrEqual(KIB64 + KIB64)
      expect(feed.paused).toBe(content.length >= KIB64)
    }
    expect((await read(body)).equals(content)).toBe(true)
    expect(feed?.opened ?? 1).toBe(1)
  })
})

describe('emptyBody and bytesBody', () => {
  it('no bytes are the empty body', () => {
    expect([bytesBody(''), bytesBody(new Uint8Array(0))]).toEqual([emptyBody, emptyBody])
    expect(Object.isFrozen(emptyBody)).toBe(true)
  })

  it('a text is its UTF-8', () => expect(bytesBody('€')).toMatchObject({ kind: 'bytes', length: 3, untouched: true }))

  it('H-183 bytes are handed on, not copied, and nobody changes them', async () => {
    const memory = Buffer.from('shared')
    const body = bytesBody(memory)
    expect(await bytes(body, 10)).toBe(memory)
    expect((await read(body)).toString()).toBe('shared')
    expect(memory.toString()).toBe('shared')
  })
})

describe('StreamBody', () => {
  const small = Buffer.from('hello, world')

  it('refuses a second reader at once, whichever way the first came', async () => {
    const used = expect.objectContaining({ code: 'ERR_EDGE_BODY_USED', status: 500 })
    const feed = new Feed(small)
    feed.body.attach(new Basin())
    expect(() => feed.body.attach(new Basin())).toThrow(used)
    expect(() => readable(feed.body)).toThrow(used)
    await expect(bytes(feed.body, 100)).rejects.toThrow(used)
    const whole = new Feed(small)
    whole.body.prime()
    expect(Buffer.concat(whole.body.takeWhole()!).equals(small)).toBe(true)
    expect(() => whole.body.attach(new Basin())).toThrow(used)
    expect(() => whole.body.takeWhole()).toThrow(used)
  })

  it('is untouched until somebody reads it, and its source unopened until somebody wants it', () => {
    const feed = new Feed(small)
    expect([feed.body.untouched, feed.opened]).toEqual([true, 0])
    feed.body.prime()
    feed.body.prime()
    expect([feed.body.untouched, feed.opened, feed.body.received, feed.body.ended]).toEqual([
      true,
      1,
      small.length,
      true,
    ])
    feed.body.attach(new Basin())
    expect([feed.body.untouched, feed.opened]).toEqual([false, 1])
  })

  it('gives itself whole only when it is', () => {
    const open = new StreamBody({ pause() {}, resume() {}, cancel() {} }, undefined)
    expect(open.takeWhole()).toBeNull()
    open.push(Buffer.from('a'))
    expect(open.takeWhole()).toBeNull()
    open.end()
    expect(open.takeWhole()).toHaveLength(1)
  })

  it('is whole at its stated length, before its source has told of the end', () => {
    const closed: unknown[] = []
    const body = new StreamBody({ pause() {}, resume() {}, cancel() {} }, 4)
    body.onClose((error) => closed.push(error))
    body.push(Buffer.from('abc'))
    expect(body.takeWhole()).toBeNull()
    body.push(Buffer.from('d'))
    expect(Buffer.concat(body.takeWhole()!).toString()).toBe('abcd')
    expect(closed).toEqual([])
    body.end()
    expect(closed).toEqual([null])
  })

  it('takes chunks while paused, and asks for more only when the sink has room', async () => {
    const calls: string[] = []
    const body = new StreamBody(
      { pause: () => calls.push('pause'), resume: () => calls.push('resume'), cancel() {} },
      undefined,
    )
    let room = false
    const basin = new Basin(() => room)
    body.attach(basin)
    expect([body.push(small), body.push(small)]).toEqual([false, false])
    expect(basin.chunks).toHaveLength(2)
    room = true
    body.resume()
    body.resume()
    expect(body.push(small)).toBe(true)
    expect(calls.filter((call) => call === 'resume')).toHaveLength(1)
    expect(calls[0]).toBe('pause')
  })

  it('H-093 stays paused until its sink asks for more, though that had room again for what came in the same read', () => {
    const calls: string[] = []
    const body = new StreamBody(
      { pause: () => calls.push('pause'), resume: () => calls.push('resume'), cancel() {} },
      undefined,
    )
    let room = false
    body.attach(new Basin(() => room))
    body.push(small)
    room = true
    expect(body.push(small)).toBe(false)
    expect(calls).not.toContain('resume')
    body.resume()
    expect(calls.filter((call) => call === 'resume')).toHaveLength(1)
  })

  it.each([KIB64 - 1, KIB64, KIB64 + 1])('holds %i early bytes and pauses from 64 KiB on', (size) => {
    let pauses = 0
    const body = new StreamBody({ pause: () => pauses++, resume() {}, cancel() {} }, undefined)
    expect(body.push(ALL.subarray(0, size))).toBe(size < KIB64)
    expect(pauses).toBe(size < KIB64 ? 0 : 1)
  })

  it('a full sink that attaches late stays unasked until it has room', async () => {
    const feed = new Feed(ALL.subarray(0, 8 * KIB64))
    feed.body.prime()
    const basin = new Basin(() => false)
    feed.body.attach(basin)
    const before = feed.sent
    await turn()
    expect([feed.sent, feed.paused]).toEqual([before, true])
    const timer = setInterval(() => feed.body.resume(), 0)
    expect(await basin.over).toBe('end')
    clearInterval(timer)
    expect(basin.bytes.equals(ALL.subarray(0, 8 * KIB64))).toBe(true)
  })

  it('after its end neither a failure nor a chunk nor a cancellation means anything', async () => {
    const feed = new Feed(small)
    const basin = new Basin()
    feed.body.attach(basin)
    await basin.over
    feed.body.fail(new Error('late'))
    feed.body.cancel(new Error('late'))
    expect(feed.body.push(small)).toBe(false)
    expect([basin.endings, basin.size, feed.cancelled, feed.body.failure]).toEqual([['end'], small.length, [], null])
  })

  it('a failure before anybody reads waits for the reader', async () => {
    const feed = new Feed(small, { failAt: 5 })
    feed.body.prime()
    expect([feed.body.failure, feed.body.ended, feed.body.takeWhole()]).toEqual([feed.error, false, null])
    const basin = new Basin()
    feed.body.attach(basin)
    expect([await basin.over, basin.bytes.toString()]).toEqual([feed.error, 'hello'])
  })

  it('a sink that cancels in the middle of a write hears nothing more, and the source one word', () => {
    const calls: string[] = []
    const body = new StreamBody(
      {
        pause: () => calls.push('pause'),
        resume: () => calls.push('resume'),
        cancel: ({ message }) => calls.push(message),
      },
      undefined,
    )
    const basin = new Basin(() => {
      body.cancel(new Error('enough'))
      body.cancel(new Error('more than enough'))
      return false
    })
    body.attach(basin)
    expect([body.push(small), body.push(small)]).toEqual([false, false])
    body.resume()
    body.end()
    expect([basin.chunks.length, basin.endings, calls]).toEqual([1, [], ['enough']])
  })

  it('onClose tells once, whenever it is asked for, how it ended', () => {
    const told: (Error | null)[][] = [[], [], [], []]
    const note = (at: number) => (error: Error | null) => void told[at]!.push(error)
    const ended = new Feed(small)
    ended.body.onClose(note(0))
    ended.body.onClose(note(1))
    ended.body.attach(new Basin())
    ended.body.onClose(note(0))
    const cancelled = new Feed(small)
    const reason = new Error('enough')
    cancelled.body.onClose(note(2))
    cancelled.body.cancel(reason)
    cancelled.body.fail(new Error('late'))
    const failed = new Feed(small, { failAt: 0 })
    failed.body.onClose(note(3))
    failed.body.prime()
    expect(told).toEqual([[null, null], [null], [reason], [failed.error]])
  })
})
