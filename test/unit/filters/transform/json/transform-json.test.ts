import { type EdgeEvents, EventHub, reply, type TransformJsonOptions, transformJson } from 'edgewise'
import jsonata from 'jsonata'
import { describe, expect, it } from 'vitest'
import { asked } from '../../../asked.js'
import { Feed } from '../../../feed.js'
import { asking, encode } from '../../coding-kit.js'
import { got, passed, posting, typed } from '../kit.js'

const JSON_TYPE = 'application/json'

/** A request's JSON as the upstream gets it. */
async function sent(
  rules: TransformJsonOptions['request'],
  json: string,
  more: TransformJsonOptions = {},
): Promise<string> {
  const { text } = await passed(transformJson({ request: rules, ...more }), posting(json, JSON_TYPE))
  return text
}

/** A reply's JSON as the client gets it. */
async function answered(
  rules: TransformJsonOptions['reply'],
  json: string,
  more: TransformJsonOptions = {},
): Promise<string> {
  const { text } = await got(transformJson({ reply: rules, ...more }), typed(json, JSON_TYPE))
  return text
}

describe('transformJson', () => {
  const users = '{"users":[{"id":1,"secret":"x"},{"id":2,"secret":"y"}],"next":null}'

  it.each([
    [
      { remove: ['/next', '/none', '/users/9', '/users/0/id/deep'] },
      '{"users":[{"id":1,"secret":"x"},{"id":2,"secret":"y"}]}',
    ],
    [{ remove: ['/users/*/secret'] }, '{"users":[{"id":1},{"id":2}],"next":null}'],
    [{ remove: ['/users/*'] }, '{"users":[],"next":null}'],
    [{ remove: ['/users/0', '/*/0/secret'] }, '{"users":[{"id":2}],"next":null}'],
    [
      { rename: { '/users/*/id': 'key', '/none': 'some' } },
      '{"users":[{"secret":"x","key":1},{"secret":"y","key":2}],"next":null}',
    ],
    [
      { set: { '/next': 7, '/a/b': [true] } },
      '{"users":[{"id":1,"secret":"x"},{"id":2,"secret":"y"}],"next":7,"a":{"b":[true]}}',
    ],
    [
      { remove: ['/users/*/secret'], set: { '/users/-': { id: 3 }, '/next/a': 1 } },
      '{"users":[{"id":1},{"id":2},{"id":3}],"next":null}',
    ],
    [
      { remove: ['/next'], set: { '/users/*/secret': (_exchange: unknown, value: unknown) => `${value}!` } },
      '{"users":[{"id":1,"secret":"x!"},{"id":2,"secret":"y!"}]}',
    ],
    [{ map: (value: { users: unknown[] }) => value.users.length }, '2'],
  ])('does as %j says', async (rules, wanted) => {
    expect(await sent(rules, users)).toBe(wanted)
    expect(await answered(rules, users)).toBe(wanted)
  })

  it('knows names with / and ~ by their escapes, and inherited ones not at all', async () => {
    const rules = { remove: ['/a~1b', '/c~0d', '/constructor/name'], rename: { '/toString': 'x' } }
    expect(await sent(rules, '{"a/b":1,"c~d":2,"e":3}')).toBe('{"e":3}')
  })

  it('H-154 keeps __proto__ and constructor as names like any other, and pollutes nothing', async () => {
    const json = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'
    const set = { '/__proto__/b': 2, '/x/__proto__/polluted': 3 }
    const made =
      '{"__proto__":{"polluted":1,"b":2},"constructor":{"prototype":{"polluted":1}},"x":{"__proto__":{"polluted":3}}}'
    expect(await sent({ set }, json)).toBe(made)
    expect(await sent({ rename: { '/constructor': '__proto__' } }, json)).toBe(
      '{"__proto__":{"prototype":{"polluted":1}}}',
    )
    expect(await sent({ remove: ['/__proto__'] }, `${json.slice(0, -1)},"big":1e400}`)).toBe(
      '{"constructor":{"prototype":{"polluted":1}},"big":1e400}',
    )
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('gives each exchange a value of its own to set', async () => {
    const filter = transformJson({
      request: { set: { '/list': [] }, map: (value: { list: number[] }) => void value.list.push(1) },
    })
    for (const _ of [1, 2]) expect((await passed(filter, posting('{}', JSON_TYPE))).text).toBe('{"list":[1]}')
  })

  it('tells a function the exchange, and takes what it says later', async () => {
    const filter = transformJson({
      request: {
        set: {
          '/tenant': ({ params }: { params: Record<string, string> }) => params['tenant'],
          '/none': () => undefined,
        },
        map: async (value: object, { method }) => ({ ...value, method }),
      },
    })
    const exchange = asked('/x', {
      method: 'PUT',
      params: { tenant: 'acme' },
      headers: { 'content-type': JSON_TYPE },
      body: posting('{}', '').body,
    })
    expect((await passed(filter, exchange)).text).toBe('{"tenant":"acme","method":"PUT"}')
  })

  it('takes a JSONata expression, told method, path and params; nothing is null', async () => {
    const map = jsonata('{ "total": $sum(items.price), "method": $method, "big": id }', { timeout: 1_000, stack: 100 })
    expect(await sent({ map }, '{"id":12345678901234567890,"items":[{"price":1},{"price":2}]}')).toBe(
      '{"total":3,"method":"POST","big":12345678901234567890}',
    )
    expect(await answered({ map: jsonata('nothing') }, '{}')).toBe('null')
  })

  it.each([
    [
      'a function',
      () => {
        throw new TypeError('boom')
      },
      'boom',
    ],
    ['an expression', jsonata('$error("boom")'), 'boom'],
    ['an endless expression', jsonata('($f := function($n) { $f($n + 1) }; $f(0))', { timeout: 20 }), 'timeout'],
  ])('%s that throws fails the exchange, with nothing left behind', async (_what, map, message) => {
    await expect(sent({ map }, '{}')).rejects.toThrow(message)
    await expect(answered({ map }, '{}')).rejects.toThrow(message)
  })

  it('what has no form in JSON is null', async () => {
    expect(await sent({ map: () => () => 1 }, '{}')).toBe('null')
    expect(await sent({ set: { '/a': () => Number.NaN } }, '{}')).toBe('{"a":null}')
  })

  it.each([
    ['of +json types', 'application/vnd.api+json; charset="UTF-8"'],
    ['of problems', 'application/problem+json'],
    ['of text/json', 'text/json;charset=utf8'],
  ])('changes JSON %s', async (_what, type) => {
    const filter = transformJson({ request: { remove: ['/a'] } })
    expect(await passed(filter, posting('{"a":1}', type))).toMatchObject({
      text: '{}',
      headers: { 'content-type': type, 'content-length': '2' },
    })
  })

  it.each(['text/plain', 'application/x-json', 'application/jsonp', 'application/json-seq'])(
    'leaves %s alone, or refuses it with 415',
    async (type) => {
      const exchange = posting('{"a":1}', type)
      expect(await passed(transformJson({ request: { remove: ['/a'] } }), exchange)).toMatchObject({
        status: 0,
        text: '{"a":1}',
      })
      const strict = transformJson({ request: { remove: ['/a'] }, otherTypes: 'refuse' })
      expect((await passed(strict, exchange)).status).toBe(415)
      expect((await passed(strict, asking())).status).toBe(0)
    },
  )

  it.each([
    'application/json garbage',
    'application/json; charset=utf-8; charset=utf-16',
    'application/json, text/plain',
    'application/json; charset=utf-16',
  ])('H-203 a request of type %j does not slip past', async (type) => {
    const filter = transformJson({ request: { remove: ['/a'] } })
    expect(await passed(filter, posting('{"a":1}', type))).toMatchObject({ status: 415 })
    expect(filter.explain?.(posting('{"a":1}', type)).verdict).toBe('deny')
  })
})

describe('transformJson and what is written in JSON', () => {
  const same: TransformJsonOptions['request'] = { remove: ['/none'] }

  it.each([
    '9007199254740993',
    '-9007199254740993',
    '12345678901234567890123',
    '1e400',
    '-1E+400',
    '1e-400',
    '-0',
    '-0.0',
    '0.1234567890123456789',
    '3.14159265358979323846',
    '123456789012345678.5',
    '1.7976931348623157e309',
  ])('H-160 keeps the number %s as it is', async (number) => {
    const json = `{"n":[${number}]}`
    expect(await sent(same, json)).toBe(json)
    expect(await answered(same, json)).toBe(json)
  })

  it.each([
    ['1.0', '1'],
    ['1E3', '1000'],
    ['100000000000000000000', '100000000000000000000'],
    ['0.10000000000000000', '0.1'],
    ['5e-324', '5e-324'],
    ['0e9', '0'],
  ])('H-160 writes %s as %s, which is the same number', async (number, written) =>
    expect(await sent(same, `[${number}]`)).toBe(`[${written}]`),
  )

  it.each(['{"a":1,"a":2}', '{"x":[{"a":1,"\\u0061":2}]}'])(
    'H-160 refuses a name that stands twice: %s',
    async (json) => {
      const { status, text } = await passed(transformJson({ request: same }), posting(json, JSON_TYPE))
      expect([status, JSON.parse(text).detail]).toEqual([400, 'the JSON has a name that stands twice in one object'])
      expect(await sent(same, json, { duplicateNames: 'last' })).toBe(json.replace(/"a":1,"(?:a|\\u0061)"/, '"a"'))
    },
  )

  it('H-160 keeps NUL and lone surrogates in strings as their escapes', async () => {
    expect(await sent(same, '{"a":"\\u0000","b":"\\ud800","\\udc00":"\\ud83d\\ude00"}')).toBe(
      '{"a":"\\u0000","b":"\\ud800","\\udc00":"😀"}',
    )
  })

  it('H-160 drops a byte order mark', async () => {
    expect(await sent(same, '\ufeff{"a":1}')).toBe('{"a":1}')
  })

  it.each([100, 1_000])('H-160 takes %i levels where it may, and no more', async (maxDepth) => {
    const nested = (depth: number): string => `${'[1E999,'.repeat(depth)}1${']'.repeat(depth)}`
    expect(await sent(same, nested(maxDepth), { maxDepth })).toBe(nested(maxDepth))
    for (const depth of [maxDepth + 1, 100_000]) {
      const { status } = await passed(transformJson({ request: same, maxDepth }), posting(nested(depth), JSON_TYPE))
      expect(status).toBe(400)
      await expect(answered(same, nested(depth), { maxDepth })).rejects.toMatchObject({ status: 502 })
    }
  })

  it.each([
    ['two texts, as NDJSON has them', '{"a":1}\n{"a":2}'],
    ['a comma too many', '[1,]'],
    ['NaN', '[NaN]'],
    ['a raw NUL', '"\0"'],
    ['half a text', '{"a":'],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xc3, 0x22])],
    ['half a surrogate pair in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['UTF-16', Buffer.from('{"a":1}', 'utf16le')],
  ])('H-160 is a 400 of a request and a 502 of a reply for %s', async (_what, content) => {
    const { status, headers, text } = await passed(transformJson({ request: same }), posting(content, JSON_TYPE))
    expect([status, headers['content-type']]).toEqual([400, 'application/problem+json'])
    expect(JSON.parse(text)).toMatchObject({ type: 'about:blank', title: 'Bad Request', status: 400 })
    await expect(got(transformJson({ reply: same }), typed(content, JSON_TYPE))).rejects.toMatchObject({
      code: 'ERR_EDGE_BAD_REPLY',
      status: 502,
    })
  })

  it('passes an empty body as it is', async () => {
    const empty = () => new Feed(Buffer.alloc(0), { sized: false }).body
    expect(await passed(transformJson({ request: same }), posting(empty(), JSON_TYPE))).toMatchObject({
      status: 0,
      text: '',
    })
    expect(await got(transformJson({ reply: same }), typed(empty(), JSON_TYPE))).toMatchObject({
      status: 200,
      text: '',
    })
  })
})

describe('transformJson and size', () => {
  const rules = { remove: ['/none'] }
  const json = (length: number): Buffer => Buffer.from(`"${'x'.repeat(length - 2)}"`)

  it.each([true, false])(
    'H-157 a request past maxBytes is a 413, whether it says so (%s) or not, and no more of it is read',
    async (sized) => {
      const filter = transformJson({ request: rules, maxBytes: 65_536 })
      expect((await passed(filter, posting(new Feed(json(65_536), { sized }).body, JSON_TYPE))).status).toBe(0)
      const feed = new Feed(json(10 << 20), { sized, slow: true })
      expect(await passed(filter, posting(feed.body, JSON_TYPE))).toMatchObject({
        status: 413,
        headers: { 'content-type': 'application/problem+json' },
      })
      expect(feed.sent).toBeLessThanOrEqual(98_304)
      expect(feed.cancelled.length).toBe(1)
    },
  )

  it.each([true, false])(
    'H-157 a reply past maxBytes is a 502, or passes whole, whether it says so (%s) or not',
    async (sized) => {
      const feed = () => new Feed(json(1 << 20), { sized, slow: true })
      const refused = feed()
      const options: TransformJsonOptions = { reply: rules, maxBytes: 65_536 }
      await expect(got(transformJson(options), typed(refused.body, JSON_TYPE))).rejects.toMatchObject({
        code: 'ERR_EDGE_REPLY_TOO_LARGE',
        status: 502,
      })
      expect(refused.sent).toBeLessThanOrEqual(98_304)
      expect(refused.cancelled.length).toBe(1)
      const { text, headers } = await got(
        transformJson({ ...options, unreadable: 'pass' }),
        typed(feed().body, JSON_TYPE, { etag: '"a"' }),
      )
      expect([text === json(1 << 20).toString(), headers['etag']]).toEqual([true, '"a"'])
    },
  )

  it('H-157 H-158 a bomb is past maxBytes by what it becomes', async () => {
    const bomb = encode.gzip(json(8 << 20))
    const gzip = { 'content-encoding': 'gzip' }
    expect((await passed(transformJson({ request: rules }), posting(bomb, JSON_TYPE, gzip))).status).toBe(413)
    const filter = (unreadable: 'refuse' | 'pass') => transformJson({ reply: rules, unreadable })
    await expect(got(filter('refuse'), typed(bomb, JSON_TYPE, gzip))).rejects.toMatchObject({
      code: 'ERR_EDGE_REPLY_TOO_LARGE',
    })
    expect((await got(filter('pass'), typed(bomb, JSON_TYPE, gzip))).headers['content-encoding']).toBe('gzip')
  })

  it('what a source fails with is what the exchange fails with', async () => {
    const feed = () => new Feed(json(65_536), { failAt: 32_768 })
    const [asks, answers] = [feed(), feed()]
    await expect(passed(transformJson({ request: rules }), posting(asks.body, JSON_TYPE))).rejects.toBe(asks.error)
    await expect(got(transformJson({ reply: rules }), typed(answers.body, JSON_TYPE))).rejects.toBe(answers.error)
  })
})

describe('transformJson, told to pass what it can’t read', () => {
  const filter = transformJson({ reply: { set: { '/a': 1 } }, unreadable: 'pass' })

  it.each([
    ['no JSON', 'hello', {}],
    ['cut gzip', encode.gzip(Buffer.from('{}')).subarray(0, 10), { 'content-encoding': 'gzip' }],
    ['an unknown coding', '{}', { 'content-encoding': 'compress' }],
    ['a charset', '{}', { 'content-type': 'application/json; charset=utf-16' }],
    ['a type that is none', '{}', { 'content-type': 'application/json x' }],
  ])('passes %s byte for byte, with its fields', async (_what, content, fields) => {
    const answer = typed(content, JSON_TYPE, { etag: '"a"', 'content-md5': 'x', ...fields })
    const { text, headers } = await got(filter, answer)
    expect([text, headers]).toEqual([Buffer.from(content).toString(), answer.headers])
  })
})

describe('transformJson on its way', () => {
  it('tells who listens what it denied, and nothing of the body', async () => {
    const events = new EventHub()
    const denied: EdgeEvents['denied'][] = []
    events.on('denied', (event) => denied.push(event))
    const exchange = posting('{"password":', JSON_TYPE)
    await passed(transformJson({ request: { remove: ['/a'] }, events }), exchange)
    expect(denied).toEqual([{ exchange, filter: 'transformJson', status: 400, why: 'the body is not JSON' }])
  })

  it('changes only the replies that are meant', async () => {
    const only = ({ status }: { status: number }): boolean => status < 300
    const filter = transformJson({ reply: { set: { '/a': 1 }, only } })
    const answer = (status: number) => reply(status, '{}', { 'content-type': JSON_TYPE })
    expect((await got(filter, answer(200))).text).toBe('{"a":1}')
    expect((await got(filter, answer(404))).text).toBe('{}')
  })

  it('lets go of a reply where `only` throws', async () => {
    const feed = new Feed(Buffer.alloc(1 << 20))
    const filter = transformJson({
      reply: {
        set: { '/a': 1 },
        only: () => {
          throw new TypeError('boom')
        },
      },
    })
    await expect(got(filter, typed(feed.body, JSON_TYPE))).rejects.toThrow('boom')
    expect(feed.cancelled.length).toBe(1)
  })

  it('opens compressed requests', async () => {
    const filter = transformJson({ request: { set: { '/a': 1 } } })
    const body = encode.br(encode.gzip(Buffer.from('{}')))
    const { text, headers } = await passed(
      filter,
      posting(body, JSON_TYPE, { 'content-encoding': 'gzip, br', 'content-digest': 'x' }),
    )
    expect([text, { ...headers }]).toEqual(['{"a":1}', { 'content-type': JSON_TYPE, 'content-length': '7' }])
    const corrupt = posting('no gzip', JSON_TYPE, { 'content-encoding': 'gzip' })
    expect((await passed(filter, corrupt)).status).toBe(400)
    const unknown = posting('{}', JSON_TYPE, { 'content-encoding': 'compress' })
    expect(await passed(filter, unknown)).toMatchObject({
      status: 415,
      headers: { 'accept-encoding': 'gzip, deflate, br, zstd' },
    })
  })

  it('is a value that can be sent again', async () => {
    const filter = transformJson({ request: { set: { '/a': 1 } } })
    await filter(posting(new Feed(Buffer.from('{}')).body, JSON_TYPE), async ({ body }) => {
      expect(body.kind).toBe('bytes')
      return reply(200)
    })
  })

  it.each([
    [{}, /option "request" is undefined/],
    [{ request: {}, maxDepth: 1_001 }, /maxDepth/],
    [{ request: { remove: ['a'] } }, /"remove" is "a"; allowed: a JSON Pointer/],
    [{ request: { remove: ['/a~2'] } }, /JSON Pointer/],
    [{ request: { remove: [''] } }, /JSON Pointer/],
    [{ request: { rename: { '/a': 7 } } }, /rename/],
    [{ request: { set: { '/a': undefined } } }, /set/],
    [{ request: { set: { '/a': Symbol('a') } } }, /set/],
    [{ request: { map: 'x' } }, /map/],
    [{ request: { drop: [] } }, /unknown option "drop"/],
    [{ reply: { only: 1 } }, /only/],
    [{ reply: {}, unreadable: 'ignore' }, /unreadable/],
    [{ reply: {}, duplicateNames: 'first' }, /duplicateNames/],
  ])('refuses %j', (options, message) => {
    expect(() => transformJson(options as TransformJsonOptions)).toThrow(message)
  })
})
