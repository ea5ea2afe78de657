import { bytes, type Exchange, type TextRule, type TransformTextOptions, transformText } from 'edgewise'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Basin, Feed, turn } from '../../../feed.js'
import { asking } from '../../coding-kit.js'
import { ran } from '../../ran.js'
import { got, passed, posting, typed } from '../kit.js'

const HTML = 'text/html'

/** A text of a reply as it comes out, however it was cut on its way in. */
async function answered(rules: TransformTextOptions['reply'], text: string | Buffer, chunk = 16_384): Promise<string> {
  const { body } = new Feed(Buffer.from(text), { chunk })
  return (await got(transformText({ reply: rules }), typed(body, HTML))).text
}

const replacing = (...replace: TextRule[]): TransformTextOptions['reply'] => ({ replace })

describe('transformText, replacing texts', () => {
  it.each([
    [[{ find: 'a', with: 'b' }], 'banana', 'bbnbnb'],
    [[{ find: 'ana', with: '' }], 'banana', 'bna'],
    [[{ find: 'a', with: '$&$1' }], 'bab', 'b$&$1b'],
    [[{ find: 'a', with: 'b', once: true }], 'aaa', 'baa'],
    [
      [
        { find: 'a', with: 'b' },
        { find: 'b', with: 'c' },
      ],
      'ab',
      'cc',
    ],
    [[{ find: 'aab', with: 'x' }], 'aaaab', 'aax'],
    [[{ find: 'é', with: '😀' }], 'née é', 'n😀e 😀'],
    [[{ find: 'x', with: () => 'ü' }], 'x', 'ü'],
    [[{ find: 'none', with: 'x' }], '', ''],
  ] as [TextRule[], string, string][])(
    'H-156 by %j makes of %j %j, wherever it is cut',
    async (rules, text, wanted) => {
      for (const chunk of [1, 2, 3, 5, 100]) expect(await answered(replacing(...rules), text, chunk)).toBe(wanted)
    },
  )

  it('H-156 does as replaceAll would, whatever the text and the chunks', async () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '😀'), maxLength: 40 })
    const sought = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '😀'), minLength: 1, maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(letters, sought, letters, fc.integer({ min: 1, max: 9 }), async (text, find, by, chunk) => {
        expect(await answered(replacing({ find, with: by }), text, chunk)).toBe(text.replaceAll(find, () => by))
      }),
      { numRuns: 300 },
    )
  })

  it('H-156 loses no byte of what is not UTF-8', async () => {
    const odd = Buffer.from([0xff, 0x61, 0x80, 0xc3, 0x62, 0xed, 0xa0, 0x80])
    const { body } = new Feed(odd, { chunk: 1 })
    const { reply } = await ran(transformText({ reply: replacing({ find: 'a', with: 'ü' }) }), asking(), () =>
      typed(body, HTML),
    )
    expect([...(await bytes(reply.body, 100))]).toEqual([0xff, 0xc3, 0xbc, 0x80, 0xc3, 0x62, 0xed, 0xa0, 0x80])
  })

  it('holds back no more than what may be the beginning of what is sought', async () => {
    const feed = new Feed(Buffer.from('one tw'), { slow: true, chunk: 3 })
    const filter = transformText({ reply: replacing({ find: 'two', with: '2' }) })
    const { reply } = await ran(filter, asking(), () => typed(feed.body, HTML))
    const basin = new Basin()
    if (reply.body.kind === 'stream') reply.body.attach(basin)
    await basin.over
    expect(basin.chunks.map(String)).toEqual(['one', ' ', 'tw'])
  })
})

describe('transformText, replacing what regular expressions match', () => {
  it.each([
    [{ find: /a/, with: 'b' }, 'banana', 'bbnbnb'],
    [{ find: /A/i, with: 'b', once: true }, 'banana', 'bbnana'],
    [
      { find: /href="http:\/\/([a-z.]+)(\/?)"/, with: '[$1|$2|$&|$$|$9|$<x>]' },
      '<a href="http://a.b">',
      '<a [a.b||href="http://a.b"|$||]>',
    ],
    [{ find: /(?<host>[a-z]+)\.test/, with: '<$<host>>' }, 'x.test y.test', '<x> <y>'],
    [{ find: /\bcat\b/, with: 'dog' }, 'cat concat cat', 'dog concat dog'],
    [{ find: /^x/, with: 'y' }, 'xx\nx', 'yx\nx'],
    [{ find: /^x/m, with: 'y' }, 'xx\nx', 'yx\ny'],
    [{ find: /x$/, with: 'y' }, 'xx\nx', 'xx\ny'],
    [{ find: /x$/m, with: 'y' }, 'xx\nx', 'xy\ny'],
    [{ find: /./su, with: '.' }, 'é😀\n', '...'],
    [{ find: /x*/, with: 'y' }, 'axb', 'ayb'],
    [{ find: /<[^>]*>/, with: '', maxLength: 4 }, '<ab>c<abc>d', 'c<abc>d'],
    [{ find: /b+/g, with: (match: readonly (string | undefined)[]) => String(match[0]!.length) }, 'abbb', 'a3'],
  ] as [TextRule, string, string][])('H-156 by %j makes of %j %j, wherever it is cut', async (rule, text, wanted) => {
    for (const chunk of [1, 2, 3, 5, 1_000]) expect(await answered(replacing(rule), text, chunk)).toBe(wanted)
  })

  it.each([
    [/a[^b]*b/, 8],
    [/(?:aa|b)é?/i, 4],
    [/\b[ab]{2,3}\b/, 3],
    [/😀|^a|b$/mu, 2],
    [/[b😀]a+/u, 5],
  ])(
    'H-156 %s finds the same however the text is cut, and as replace would where no match is too long',
    async (find, maxLength) => {
      const unit = fc.constantFrom('a', 'b', 'é', '😀', ' ', '\n')
      await fc.assert(
        fc.asyncProperty(fc.string({ unit, maxLength: 60 }), fc.integer({ min: 1, max: 20 }), async (text, chunk) => {
          const whole = await answered(replacing({ find, maxLength, with: '<$&>' }), text, 1 << 20)
          expect(await answered(replacing({ find, maxLength, with: '<$&>' }), text, chunk)).toBe(whole)
          const all = new RegExp(find, `${find.flags}g`)
          if ([...text.matchAll(all)].every(([match]) => match.length <= maxLength))
            expect(whole).toBe(text.replace(all, '<$&>'))
        }),
        { numRuns: 200 },
      )
    },
  )

  it('H-153 a page can’t make a search take long', async () => {
    const started = process.cpuUsage()
    const text = 'a'.repeat(1 << 18)
    expect(await answered(replacing({ find: /a[^b]*b/, maxLength: 256, with: '' }), text)).toBe(text)
    expect(process.cpuUsage(started).user / 1_000).toBeLessThan(2_500)
  })

  it.each([/(a+)+b/, /(?<=a)b/, /a(?=b)/, /(a)\1/, /a*b*/, /^a*a*/m])('refuses %s', (find) => {
    expect(() => transformText({ reply: replacing({ find, with: '' }) })).toThrow(/option "find"/)
  })
})

describe('transformText, mapping', () => {
  const upper = async function* (text: AsyncIterable<string>): AsyncGenerator<string> {
    for await (const piece of text) yield piece.toUpperCase()
  }

  it('H-156 gives a generator whole characters, behind the replacements', async () => {
    const rules = { replace: [{ find: 'x', with: 'ü' }], map: upper }
    for (const chunk of [1, 2, 3]) expect(await answered(rules, 'xéß😀', chunk)).toBe('ÜÉSS😀')
    expect(await answered(rules, '')).toBe('')
  })

  it('takes what pipes through a TransformStream', async () => {
    const doubled = () => new TransformStream<string, string>({ transform: (text, out) => out.enqueue(text + text) })
    const map = (text: AsyncIterable<string>): AsyncIterable<string> => ReadableStream.from(text).pipeThrough(doubled())
    expect(await answered({ map }, 'ab', 1)).toBe('aabb')
  })

  it('tells it the exchange', async () => {
    const map = async function* (_text: AsyncIterable<string>, { method }: Exchange): AsyncGenerator<string> {
      yield method
    }
    expect((await passed(transformText({ request: { map } }), posting('x', HTML))).text).toBe('POST')
  })

  it.each([
    [
      'a generator',
      {
        map: async function* () {
          yield 'x'
          throw new TypeError('boom')
        },
      },
    ],
    [
      'a replacement',
      {
        replace: [
          {
            find: 'b',
            with: () => {
              throw new TypeError('boom')
            },
          },
        ],
      },
    ],
    [
      'a replacement at the end',
      {
        replace: [
          {
            find: /b/,
            with: () => {
              throw new TypeError('boom')
            },
          },
        ],
      },
    ],
  ] as [string, TransformTextOptions['reply']][])(
    'H-090 %s that throws breaks the body off and lets its source go',
    async (_what, rules) => {
      const feed = new Feed(Buffer.from('ab'.repeat(100_000)), { slow: true })
      await expect(got(transformText({ reply: rules }), typed(feed.body, HTML))).rejects.toThrow('boom')
      expect(feed.cancelled.length).toBe(1)
    },
  )

  it('H-168 ends a generator whose reader leaves, and lets the source go', async () => {
    let ended = false
    const map = async function* (text: AsyncIterable<string>): AsyncGenerator<string> {
      try {
        yield* text
      } finally {
        ended = true
      }
    }
    const feed = new Feed(Buffer.alloc(4 << 20, 'x'), { slow: true })
    const { reply } = await ran(transformText({ reply: { map } }), asking(), () => typed(feed.body, HTML))
    const basin = new Basin(() => false)
    if (reply.body.kind !== 'stream') throw new Error('no stream')
    reply.body.attach(basin)
    while (basin.size === 0) await turn()
    reply.body.cancel(new Error('gone'))
    while (!ended) await turn()
    expect(feed.cancelled.length).toBe(1)
    expect(feed.sent).toBeLessThan(1 << 20)
  })
})

describe('transformText', () => {
  const rule = { find: 'a', with: 'b' }
  const filter = transformText({
    request: replacing(rule),
    reply: replacing(rule),
    types: ['text/*', 'Application/JavaScript'],
  })

  it.each([
    'text/html',
    'TEXT/css',
    'application/javascript',
    'text/html; charset=utf-8',
    'text/plain; charset=us-ascii',
    'text/html; charset=ISO-8859-1',
  ])('changes %s', async (type) => {
    expect((await got(filter, typed('a', type))).text).toBe('b')
    const { text, headers } = await passed(filter, posting('a', type, { 'content-length': '1', digest: 'x' }))
    expect([text, { ...headers }]).toEqual(['b', { 'content-type': type, 'accept-encoding': 'identity' }])
  })

  it.each(['application/json', 'image/svg+xml'])('leaves %s alone', async (type) => {
    expect((await got(filter, typed('a', type))).text).toBe('a')
  })

  it('H-203 refuses a charset that it can’t read, and a type that is none', async () => {
    for (const type of ['text/html; charset=utf-16', 'text/html, text/html']) {
      await expect(got(filter, typed('a', type))).rejects.toMatchObject({ status: 502 })
      expect((await passed(filter, posting('a', type))).status).toBe(415)
    }
    const odd = transformText({ reply: replacing({ find: 'ä', with: 'b' }) })
    await expect(got(odd, typed('a', 'text/html; charset=iso-8859-1'))).rejects.toMatchObject({ status: 502 })
  })

  it('leaves a body that has died to whoever can tell why', async () => {
    const feed = new Feed(Buffer.from('a'))
    feed.body.fail(feed.error)
    const { reply } = await ran(filter, asking(), () => typed(feed.body, HTML))
    expect(reply.body).toBe(feed.body)
  })

  it.each([
    [{ reply: {} }, /option "replace" is undefined; allowed: rules, or a map/],
    [{ reply: { replace: [] } }, /rules, or a map/],
    [{ reply: { replace: [{ find: '', with: 'x' }] } }, /find/],
    [{ reply: { replace: [{ find: 'x' }] } }, /with/],
    [{ reply: { replace: [{ find: /x/v, with: 'x' }] } }, /find/],
    [{ reply: { replace: [{ find: /x/, with: 'x', maxLength: 5_000 }] } }, /maxLength/],
    [{ reply: { replace: [{ find: 'x', with: 'x', all: true }] } }, /replace\[0\]: unknown option "all"/],
    [{ reply: { replace: [rule] }, types: ['html'] }, /types/],
    [{ reply: { replace: [rule] }, types: [] }, /types/],
    [{ reply: { sub: [] } }, /unknown option "sub"/],
  ])('refuses %j', (options, message) => {
    expect(() => transformText(options as never)).toThrow(message)
  })
})
