import { compose, convert, emptyReply, type Filter, handOver, reply, transformJson, transformText } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { asked } from '../../asked.js'
import { Feed } from '../../feed.js'
import { asking, codings, encode } from '../coding-kit.js'
import { ran } from '../ran.js'
import { got, passed, posting, textOf, typed } from './kit.js'

type Validators = 'weaken' | 'drop'

interface Case {
  readonly name: string
  readonly type: string
  readonly before: string
  readonly after: string
  readonly out: string
  make(validators?: Validators): Filter
}

/** One of each: whole, flowing, and with another type. */
const cases: readonly Case[] = [
  {
    name: 'transformJson',
    type: 'application/json',
    before: '{"a":1}',
    after: '{"b":1}',
    out: 'application/json',
    make: (validators) =>
      transformJson({ request: { rename: { '/a': 'b' } }, reply: { rename: { '/a': 'b' } }, validators }),
  },
  {
    name: 'transformText',
    type: 'text/html',
    before: '<p>a</p>',
    after: '<p>b</p>',
    out: 'text/html',
    make: (validators) => {
      const rules = { replace: [{ find: 'a', with: 'b' }] }
      return transformText({ request: rules, reply: rules, validators })
    },
  },
  {
    name: 'convert',
    type: 'text/xml',
    before: '<a>1</a>',
    after: '{"a":"1"}',
    out: 'application/json',
    make: (validators) => {
      const conversion = { from: 'xml', to: 'json' } as const
      return convert({ request: conversion, reply: conversion, validators })
    },
  },
  {
    name: 'convert, streaming',
    type: 'text/csv',
    before: 'a\n1',
    after: '[{"a":"1"}]',
    out: 'application/json',
    make: (validators) => {
      const conversion = { from: 'csv', to: 'json' } as const
      return convert({ request: conversion, reply: conversion, validators })
    },
  },
]

const SPOKEN = {
  'content-length': '8',
  etag: '"v1"',
  'last-modified': 'Tue, 01 Sep 2026 00:00:00 GMT',
  'accept-ranges': 'bytes',
  'content-md5': 'x',
  digest: 'x',
  'content-digest': 'x',
  'repr-digest': 'x',
  'cache-control': 'max-age=60',
}

describe.each(cases)('$name', ({ type, before, after, out, make }) => {
  const filter = make()

  it('H-156 takes off a reply what spoke of other bytes, and weakens its ETag', async () => {
    const { text, headers } = await got(filter, typed(before, type, SPOKEN))
    expect([text, { ...headers }]).toEqual([
      after,
      { 'content-type': out, etag: 'W/"v1"', 'last-modified': SPOKEN['last-modified'], 'cache-control': 'max-age=60' },
    ])
  })

  it('H-156 drops validators where it is told to, from requests that read, too', async () => {
    const { headers } = await got(make('drop'), typed(before, type, SPOKEN))
    expect({ ...headers }).toEqual({ 'content-type': out, 'cache-control': 'max-age=60' })
    const conditional = { 'if-none-match': '"v1"', 'if-modified-since': 'x', 'if-match': '"v1"' }
    expect({ ...(await passed(make('drop'), asking(conditional))).headers }).toEqual({
      'accept-encoding': 'identity',
      'if-match': '"v1"',
    })
    const put = asking(conditional, { method: 'PUT' })
    expect((await passed(make('drop'), put)).headers['if-none-match']).toBe('"v1"')
  })

  it.each([
    ['a part (206)', 206, {}],
    ['a part by Content-Range', 200, { 'content-range': 'bytes 0-7/8' }],
    ['what must not be transformed', 200, { 'cache-control': 'public, No-Transform' }],
    ['a 204', 204, {}],
    ['a 205', 205, {}],
    ['another type', 200, { 'content-type': 'application/octet-stream' }],
    ['no type', 200, { 'content-type': undefined }],
  ])('H-156 passes %s as it came', async (_what, status, fields) => {
    const answer = reply(status, Buffer.from(before), { 'content-type': type, ...SPOKEN, ...fields })
    const { reply: given } = await ran(filter, asking(), () => answer)
    expect(given).toBe(answer)
  })

  it('H-156 answers a HEAD with the fields that a GET would have, as far as they are known', async () => {
    const head = asking({}, { method: 'HEAD' })
    const { reply: given } = await ran(filter, head, () => emptyReply(200, { 'content-type': type, ...SPOKEN }))
    expect([given.body.kind, { ...given.headers }]).toEqual([
      'empty',
      { 'content-type': out, etag: 'W/"v1"', 'last-modified': SPOKEN['last-modified'], 'cache-control': 'max-age=60' },
    ])
  })

  it('H-156 gives a 304 the tag that the client knows', async () => {
    const asks = asking({ 'if-none-match': 'W/"v1"' })
    const { reply: given } = await ran(filter, asks, () => emptyReply(304, { etag: '"v1"', 'content-type': type }))
    expect([given.status, { ...given.headers }]).toEqual([304, { etag: 'W/"v1"', 'content-type': type }])
    const strong = emptyReply(304, { etag: '"v1"' })
    expect((await ran(filter, asking({ 'if-none-match': '"v1"' }), () => strong)).reply.headers).toBe(strong.headers)
  })

  it('H-156 asks the upstream for the whole, and plain', async () => {
    const asks = asking({ range: 'bytes=0-1', 'if-range': '"v1"', 'accept-encoding': 'gzip, br' })
    expect({ ...(await passed(filter, asks)).headers }).toEqual({ 'accept-encoding': 'identity' })
  })

  it.each(codings)('H-156 opens a reply in %s that came all the same', async (coding) => {
    const encoded = encode[coding](Buffer.from(before))
    const { text, headers } = await got(filter, typed(encoded, type, { ...SPOKEN, 'content-encoding': coding }))
    expect([text, headers['content-encoding'], headers['content-type']]).toEqual([after, undefined, out])
  })

  it('H-156 refuses a reply in a coding that is corrupt or unknown before anything of it goes out', async () => {
    for (const coding of ['gzip', 'compress', 'gzip, gzip, gzip'])
      await expect(
        ran(filter, asking(), () => typed(before, type, { 'content-encoding': coding })),
      ).rejects.toMatchObject({
        code: 'ERR_EDGE_BAD_REPLY',
        status: 502,
      })
  })

  it('H-156 keeps trailers, but for sums of other bytes', async () => {
    const trailers = () => ({ 'x-took': '1', digest: 'x', 'content-digest': 'x' })
    const { body } = new Feed(Buffer.from(before), { sized: false })
    const { reply: given } = await ran(filter, asking(), () => ({ ...typed(body, type), trailers }))
    // Only a stream has trailers behind it.
    expect([given.body.kind, { ...given.trailers?.() }]).toEqual(['stream', { 'x-took': '1' }])
    expect(await textOf(given.body)).toBe(after)
  })

  it('H-156 changes a request whatever it says of transforming, and its fields with it', async () => {
    const fields = { 'content-length': String(before.length), 'content-md5': 'x', 'cache-control': 'no-transform' }
    const { status, text, headers } = await passed(filter, posting(before, type, fields))
    const length = headers['content-length']
    expect([status, text, headers['content-type'], headers['content-md5']]).toEqual([0, after, out, undefined])
    expect([undefined, String(after.length)]).toContain(length)
  })

  it('does nothing for who has no body, and to upgrades nothing at all', async () => {
    const asks = asking({ 'content-type': type })
    expect((await passed(filter, asks)).text).toBe('')
    const upgrade = asked('/x', { upgrade: true, headers: { range: 'bytes=0-1', 'content-type': type } })
    expect((await ran(filter, upgrade)).passed).toBe(upgrade)
    expect(filter.explain?.(upgrade).verdict).toBe('pass')
  })

  it('explains itself, and reads nothing', () => {
    const feed = new Feed(Buffer.from(before))
    expect(filter.explain?.(posting(feed.body, type)).verdict).toBe('change')
    expect(filter.explain?.(asking()).verdict).toBe('depends')
    expect(feed.opened).toBe(0)
  })

  it('is refused in front of handOver()', () => {
    expect(() => compose(filter, handOver())).toThrow(expect.objectContaining({ code: 'ERR_EDGE_HAND_OVER' }))
  })

  it('H-090 breaks off with its source', async () => {
    const feed = new Feed(Buffer.from(before), { failAt: 3 })
    await expect(got(filter, typed(feed.body, type))).rejects.toBe(feed.error)
  })
})

it('a filter for requests alone leaves replies, and what is asked for them, alone', async () => {
  const filter = transformJson({ request: { remove: ['/a'] } })
  const asks = asking({ range: 'bytes=0-1' })
  const answer = typed('{"a":1}', 'application/json')
  const out = await ran(filter, asks, () => answer)
  expect([out.passed, out.reply]).toEqual([asks, answer])
  expect(filter.explain?.(asks)).toMatchObject({ verdict: 'pass', why: 'the request has no body of the type' })
})
