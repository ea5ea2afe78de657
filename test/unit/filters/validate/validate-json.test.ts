import { bytesBody, emptyBody, type JsonSchema, reply, type ValidateJsonOptions, validateJson } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { asked } from '../../asked.js'
import { posted, tried } from './kit.js'

const made = (options: ValidateJsonOptions) => (events: ValidateJsonOptions['events']) =>
  validateJson({ ...options, events })

const user: JsonSchema = {
  type: 'object',
  required: ['name'],
  properties: {
    name: { type: 'string', maxLength: 8 },
    age: { type: 'integer', minimum: 0 },
    email: { type: 'string', format: 'email' },
  },
  additionalProperties: false,
}

describe('validateJson of a body', () => {
  it('lets what matches pass, as the bytes that came, nothing coerced and no default filled in', async () => {
    const schema = { type: 'object', properties: { a: { type: 'number' }, b: { default: 1 } } }
    const text = '{ "a": 1.0 }'
    const { passed } = await tried(made({ body: schema }), posted(text))
    expect(Buffer.from((passed!.body as { bytes: Uint8Array }).bytes).toString()).toBe(text)
    expect((await tried(made({ body: schema }), posted('{"a":"1"}'))).status).toBe(400)
  })

  it.each([
    ['{"age":1}', '#', "must have required property 'name'"],
    ['{"name":5}', '#/name', 'must be string'],
    ['{"name":"secret-value"}', '#/name', 'must NOT have more than 8 characters'],
    ['{"name":"a","age":-1}', '#/age', 'must be >= 0'],
    ['{"name":"a","age":1.5}', '#/age', 'must be integer'],
    ['{"name":"a","email":"secret"}', '#/email', 'must match format "email"'],
    ['{"name":"a","secret":1}', '#', 'must NOT have additional properties'],
    ['[]', '#', 'must be object'],
    ['"secret"', '#', 'must be object'],
  ])('answers %s with a problem that tells where and what is wanted, and no value', async (text, pointer, detail) => {
    const { status, json, reply: answer, text: body, denied } = await tried(made({ body: user }), posted(text))
    expect(status).toBe(400)
    expect(answer.headers['content-type']).toBe('application/problem+json')
    expect(json.errors).toEqual([{ in: 'body', pointer, detail }])
    expect(body).not.toContain('secret')
    expect(denied[0]!.why).toMatch(/^body: #\//)
    expect(denied[0]!.why).not.toContain('secret')
  })

  it('answers 422 where told to, and with all faults where told to, but no more than maxErrors', async () => {
    const body = { type: 'array', items: { type: 'string' } }
    const all = await tried(made({ body, status: 422, allErrors: true, maxErrors: 3 }), posted('[1,2,3,4,5]'))
    expect([all.status, all.json.errors?.length]).toEqual([422, 3])
    const first = await tried(made({ body }), posted('[1,2,3,4,5]'))
    expect(first.json.errors?.length).toBe(1)
  })

  it('cuts a pointer in which a name of the client’s is long, and encodes it', async () => {
    const body = { type: 'object', additionalProperties: { type: 'string' } }
    const long = await tried(made({ body }), posted(`{"${'x'.repeat(9_999)}":1}`))
    expect(long.json.errors![0]!['pointer']!.length).toBeLessThan(300)
    const odd = await tried(made({ body }), posted('{"a/b~c <ü>":1}'))
    expect(odd.json.errors![0]!['pointer']).toBe('#/a~1b~0c%20%3C%C3%BC%3E')
    expect((await tried(made({ body }), posted('{"\\ud800":1}'))).status).toBe(400)
  })

  it('wants a body of POST, PUT and PATCH, unless told otherwise, and judges any that is there', async () => {
    for (const method of ['POST', 'PUT', 'PATCH'])
      expect((await tried(made({ body: user }), asked('/', { method }))).json.detail).toBe('A body is required.')
    for (const method of ['GET', 'HEAD', 'DELETE']) {
      expect((await tried(made({ body: user }), asked('/', { method }))).status).toBe(200)
      expect((await tried(made({ body: user }), posted('[]', { method }))).status).toBe(400)
    }
    expect((await tried(made({ body: user, bodyRequired: false }), asked('/', { method: 'POST' }))).status).toBe(200)
  })

  it.each(['application/json garbage', 'application/json\t; x', 'text/plain', 'application/json; charset=latin1', ''])(
    'H-203 Content-Type %j is a 415, and so is none',
    async (type) => {
      expect((await tried(made({ body: user }), posted('{"name":"a"}', { type }))).status).toBe(415)
      const none = asked('/', { method: 'POST', body: bytesBody('{"name":"a"}') })
      expect((await tried(made({ body: user }), none)).status).toBe(415)
    },
  )

  it('H-157 a body past maxBytes is a 413, and what is too much in it a 400', async () => {
    expect((await tried(made({ body: true, maxBytes: 5 }), posted('[1,22]'))).status).toBe(413)
    expect((await tried(made({ body: true, maxDepth: 2 }), posted('[[[]]]'))).status).toBe(400)
  })

  it('H-160 a schema that refers to itself is not followed past maxDepth, however deep the body is', async () => {
    const body = { $defs: { tree: { type: 'array', items: { $ref: '#/$defs/tree' } } }, $ref: '#/$defs/tree' }
    const deep = (levels: number) => posted('['.repeat(levels) + ']'.repeat(levels))
    expect((await tried(made({ body }), deep(64))).status).toBe(200)
    expect((await tried(made({ body }), deep(65))).status).toBe(400)
    expect((await tried(made({ body }), deep(100_000))).status).toBe(400)
    expect((await tried(made({ body, maxDepth: 1_000 }), deep(1_000))).status).toBe(200)
  })

  it('H-160 a number past all is none, an integer past 2⁵³ passes as it was written unless told otherwise', async () => {
    const body = { type: 'number' }
    expect((await tried(made({ body }), posted('1e400'))).status).toBe(400)
    const big = await tried(made({ body }), posted('9007199254740993'))
    expect(Buffer.from((big.passed!.body as { bytes: Uint8Array }).bytes).toString()).toBe('9007199254740993')
    expect((await tried(made({ body, unsafeNumbers: 'refuse' }), posted('9007199254740993'))).status).toBe(400)
  })

  it('H-160 a name that stands twice is not judged by one and read by the other', async () => {
    expect((await tried(made({ body: user }), posted('{"name":"a","age":-1,"age":1}'))).status).toBe(400)
  })
})

describe('validateJson and names of prototypes', () => {
  const polluted = (): unknown => ({}) as { polluted?: unknown }

  it.each([
    '{"__proto__":{"polluted":1}}',
    '{"constructor":{"prototype":{"polluted":1}}}',
    '{"a":{"__proto__":{"polluted":1}}}',
  ])('H-154 the body %s is data', async (text) => {
    const { passed } = await tried(made({ body: { type: 'object' } }), posted(text))
    expect(Buffer.from((passed!.body as { bytes: Uint8Array }).bytes).toString()).toBe(text)
    expect((polluted() as { polluted?: unknown }).polluted).toBeUndefined()
    expect((await tried(made({ body: user }), posted(text))).status).toBe(400)
  })

  it.each(['toString', 'constructor', 'hasOwnProperty'])('H-154 an object has no %s of its own', async (name) => {
    const body = { type: 'object', required: [name], properties: { [name]: { type: 'string' } } }
    expect((await tried(made({ body }), posted('{}'))).status).toBe(400)
    expect((await tried(made({ body }), posted(`{"${name}":"a"}`))).status).toBe(200)
    expect((await tried(made({ body }), posted(`{"${name}":1}`))).status).toBe(400)
    const only = { type: 'object', required: [name] }
    expect((await tried(made({ body: only }), posted('{}'))).status).toBe(400)
    const query = { type: 'object', required: [name], properties: { [name]: { type: 'integer' } } }
    expect((await tried(made({ query }), asked('/'))).status).toBe(400)
    expect((await tried(made({ query }), asked(`/?${name}=1`))).status).toBe(200)
  })

  it('H-154 a schema with __proto__ in it changes no object', () => {
    const schema = JSON.parse(
      '{"type":"object","__proto__":{"polluted":1},"properties":{"__proto__":{"type":"string"},"constructor":{"type":"object","properties":{"prototype":{}}}}}',
    )
    const { properties } = schema
    validateJson({
      body: { type: 'object', properties },
      query: { type: 'object', properties },
      schemas: { 'urn:a:b': { properties } },
    })
    expect(() => validateJson({ body: schema })).not.toThrow()
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })

  it('H-154 a query with __proto__ in it is data', async () => {
    const query = { type: 'object', additionalProperties: false, properties: { a: {} } }
    expect((await tried(made({ query }), asked('/?__proto__=1'))).status).toBe(400)
    expect((await tried(made({ query: { type: 'object' } }), asked('/?__proto__[polluted]=1'))).status).toBe(200)
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })
})

describe('validateJson of text', () => {
  const query: JsonSchema = {
    type: 'object',
    properties: {
      limit: { type: 'integer', minimum: 1, maximum: 100 },
      ids: { type: 'array', items: { type: 'integer' }, maxItems: 3 },
      flag: { type: 'boolean' },
      q: { type: 'string' },
      either: { type: ['integer', 'string'] },
    },
    additionalProperties: false,
  }

  it.each([
    '',
    '?',
    '?limit=10',
    '?limit=1e1',
    '?ids=1',
    '?ids=1&ids=2',
    '?flag=true',
    '?q=0x10&either=0x10',
    '?q=a+b%20c%C3%BC',
    '?q',
    '?%6cimit=5',
    '?&&limit=5&',
  ])('lets the query %j pass, and leaves it as it is', async (text) => {
    const { status, passed } = await tried(made({ query }), asked(`/${text}`))
    expect([status, passed?.target.query, passed?.wire.query]).toEqual([200, text, text])
  })

  it.each([
    '?limit=0',
    '?limit=101',
    '?limit=x',
    '?limit=',
    '?limit=1&limit=2',
    '?ids=1&ids=x',
    '?ids=1&ids=2&ids=3&ids=4',
    '?flag=1',
    '?other=1',
    '?q=a&q=b',
    '?q=%ff',
    '?q=%',
    '?%ff=1',
  ])('refuses the query %j', async (text) => expect((await tried(made({ query }), asked(`/${text}`))).status).toBe(400))

  it.each(['0x10', '0b1', '1_0', '%201', '1%20', '%2B5', '05', '.5', '5.', 'Infinity', '1e999', '1e', '٣'])(
    'H-160 %j is a number to some readers only: refused as one, alone and in a list',
    async (text) => {
      const loose = { properties: { limit: { type: 'number' }, ids: { type: 'array', items: { type: 'number' } } } }
      expect((await tried(made({ query: loose }), asked(`/?limit=${text}`.replace('٣', '%D9%A3')))).status).toBe(400)
      expect((await tried(made({ query: loose }), asked(`/?ids=1&ids=${text}`.replace('٣', '%D9%A3')))).status).toBe(
        400,
      )
      expect((await tried(made({ query: loose }), asked(`/?ids=${text}`.replace('٣', '%D9%A3')))).status).toBe(400)
    },
  )

  it('H-201 a query of 100,000 names is refused by their number', async () => {
    const names = Array.from({ length: 100_000 }, (_, at) => `${at}=1`).join('&')
    const { status, json } = await tried(made({ query: true }), asked(`/?${names}`))
    expect([status, json.errors![0]!['detail']]).toEqual([400, 'must be no more than 256 parameters'])
    expect((await tried(made({ query: true, maxParameters: 2 }), asked('/?a&b&c'))).status).toBe(400)
  })

  it('judges header fields by their lower-case names', async () => {
    const headers = { required: ['x-version'], properties: { 'x-version': { type: 'integer', minimum: 2 } } }
    const ask = (value: Record<string, string | string[]>) => tried(made({ headers }), asked('/', { headers: value }))
    expect((await ask({ 'X-Version': '2' })).status).toBe(200)
    expect((await ask({ 'x-version': '1' })).json.errors).toEqual([
      { in: 'headers', pointer: '#/x-version', detail: 'must be >= 2' },
    ])
    expect((await ask({ 'x-version': ['2', '3'] })).status).toBe(400)
    expect((await ask({})).status).toBe(400)
  })

  it('judges what the route captures, decoded', async () => {
    const params = { properties: { id: { type: 'integer' }, name: { const: 'a b' } } }
    const ask = (given: Record<string, string>) => tried(made({ params }), asked('/', { params: given }))
    expect((await ask({ id: '7', name: 'a%20b' })).status).toBe(200)
    expect((await ask({ id: 'x' })).json.errors![0]).toMatchObject({ in: 'params', pointer: '#/id' })
    expect((await ask({ id: '%ff' })).status).toBe(400)
  })

  it('a parameter named as a refusal’s members is none', async () => {
    expect((await tried(made({ query: { properties: {} } }), asked('/?status=500&detail=x&errors=1'))).status).toBe(200)
  })

  it('judges an upgrade alike, by all but its body', async () => {
    const make = made({ query, body: user })
    expect((await tried(make, asked('/?limit=5', { upgrade: true }))).status).toBe(200)
    expect((await tried(make, asked('/?limit=0', { upgrade: true }))).status).toBe(400)
  })
})

describe('validateJson of replies', () => {
  const json =
    (text: string, status = 200) =>
    () =>
      reply(status, text, { 'content-type': 'application/json' })

  it('lets what matches pass, as the bytes that came', async () => {
    const { status, text } = await tried(made({ reply: user }), asked('/'), json('{ "name": "a" }'))
    expect([status, text]).toEqual([200, '{ "name": "a" }'])
  })

  it.each([
    ['what does not match', json('{"secret":1}'), 'reply: #/required'],
    ['what is no JSON', json('{"secret'), 'The body is not JSON.'],
    ['another type', () => reply(200, 'secret'), 'not JSON by its Content-Type'],
    ['no type', () => reply(200, Buffer.from('{"name":"a"}')), 'not JSON by its Content-Type'],
    ['none', () => ({ ...json('')(), body: emptyBody }), 'The body is not JSON.'],
    [
      'what is compressed',
      () => reply(200, Buffer.from('x'), { 'content-type': 'application/json', 'content-encoding': 'gzip' }),
      'in a content coding (put decompress() behind)',
    ],
    ['what is too long', json(`{"name":"${'a'.repeat(2_000)}"}`), 'longer than 1000 bytes'],
  ])('answers 502 in place of %s, and tells who listens', async (_what, handler, why) => {
    const options = { reply: user, maxReplyBytes: 1_000 }
    const told: string[] = []
    const filter = made(options)
    const failing = tried(
      (events) => {
        events.on('invalidReply', (event) => told.push(event.why))
        return filter(events)
      },
      asked('/'),
      handler,
    )
    await expect(failing).rejects.toMatchObject({ code: 'ERR_EDGE_INVALID_REPLY', status: 502 })
    await expect(failing).rejects.not.toThrow('secret')
    expect(told).toEqual([why])
  })

  it('only reports, where told to, and the reply is whole', async () => {
    const options: ValidateJsonOptions = { reply: user, onInvalidReply: 'report' }
    const { status, text, invalid } = await tried(made(options), asked('/'), json('{"a":1}'))
    expect([status, text, invalid.map(({ status, why }) => [status, why])]).toEqual([
      200,
      '{"a":1}',
      [[200, 'reply: #/required']],
    ])
  })

  it('judges by status: the status, its range, the rest; one schema is for 2xx', async () => {
    const by = { 201: { const: 1 }, '2xx': { const: 2 }, default: { const: 3 } }
    const options: ValidateJsonOptions = { reply: by, onInvalidReply: 'report' }
    const faults = async (status: number, text: string, given = options) =>
      (await tried(made(given), asked('/'), json(text, status))).invalid.length
    expect(await faults(201, '1')).toBe(0)
    expect(await faults(200, '2')).toBe(0)
    expect(await faults(404, '3')).toBe(0)
    expect(await faults(404, '1')).toBe(1)
    const one: ValidateJsonOptions = { reply: { const: 1 }, onInvalidReply: 'report' }
    expect(await faults(299, '2', one)).toBe(1)
    expect(await faults(404, '2', one)).toBe(0)
  })

  it('leaves alone what has no body: HEAD, 204, 304', async () => {
    const none = (status: number) => () => ({ status, headers: {}, body: emptyBody })
    expect((await tried(made({ reply: user }), asked('/', { method: 'HEAD' }), none(200))).status).toBe(200)
    expect((await tried(made({ reply: user }), asked('/'), none(204))).status).toBe(204)
    expect((await tried(made({ reply: { default: user } }), asked('/'), none(304))).status).toBe(304)
  })

  it('an upstream may say much: only depth is bounded', async () => {
    const options: ValidateJsonOptions = { reply: { type: 'array' }, maxItems: 2, maxDepth: 3 }
    expect((await tried(made(options), asked('/'), json('[1,2,3,{"a":1,"a":2}]'))).status).toBe(200)
    await expect(tried(made(options), asked('/'), json('[[[[]]]]'))).rejects.toMatchObject({ status: 502 })
  })
})

describe('validateJson at construction', () => {
  it.each([
    [{}, '"body"'],
    [{ body: { type: 'strnig' } }, '"body"'],
    [{ query: { type: 'object', properties: { a: { minimum: '1' } } } }, '"query"'],
    [{ reply: { 200: { pattern: '(' } } }, '"reply.200"'],
    [{ body: { $ref: 'https://a.test/schema' } }, '"body"'],
    [{ body: { $schema: 'http://json-schema.org/draft-04/schema#' } }, '"body"'],
    [{ body: { unknown: 1 } }, '"body"'],
    [{ body: { properties: { a: {} } } }, '"body"'],
    [{ body: { format: 'unknown' } }, '"body"'],
    [{ body: 'x' }, '"body"'],
    [{ body: { $async: true, type: 'string' } }, '"body"'],
    [{ body: true, status: 500 }, '"status"'],
    [{ body: true, coerce: true }, '"coerce"'],
    [{ body: true, maxErrors: 0 }, '"maxErrors"'],
    [{ body: true, schemas: { 'urn:a:b': { $id: 5 } } }, '"schemas.urn:a:b"'],
  ])('%j is refused, and named', (options, name) => {
    expect(() => validateJson(options as never)).toThrow(name)
  })

  it('takes schemas to refer to, formats, drafts and an engine for patterns of one’s own', async () => {
    const seen: string[] = []
    const options: ValidateJsonOptions = {
      draft: '07',
      schemas: { 'https://a.test/id': { type: 'string', format: 'sku', pattern: '^a' } },
      formats: { sku: (text) => text.length === 3 },
      regExp: (pattern, flags) => {
        seen.push(pattern)
        return new RegExp(pattern, flags)
      },
      body: { type: 'array', items: [{ $ref: 'https://a.test/id' }] },
    }
    expect((await tried(made(options), posted('["abc"]'))).status).toBe(200)
    expect((await tried(made(options), posted('["abcd"]'))).status).toBe(400)
    expect((await tried(made(options), posted('["bcd"]'))).status).toBe(400)
    expect(seen).toContain('^a')
    expect(
      (await tried(made({ body: { type: 'string', format: 'email' }, formats: false }), posted('"x"'))).status,
    ).toBe(200)
  })

  it('takes frozen schemas, and one schema for several things', () => {
    const schema = Object.freeze({ $id: 'urn:x:y', type: 'object' })
    expect(() => validateJson({ body: schema, query: schema, reply: { 200: schema, 201: schema } })).not.toThrow()
  })

  it('is a guard, and needs the reply’s body only to judge it', () => {
    expect({ ...validateJson({ body: true }) }).toMatchObject({
      stage: 'guard',
      needsReplyBody: false,
      filterName: 'validateJson',
    })
    expect({ ...validateJson({ reply: true }) }).toMatchObject({ needsReplyBody: true })
  })
})

describe('formats', () => {
  it.each([
    'url',
    'uri',
    'email',
    'hostname',
    'date-time',
    'uuid',
    'ipv6',
    'uri-template',
    'json-pointer',
    'regex',
    'byte',
    'duration',
  ])('%s takes time in proportion to the text, whatever it is', async (format) => {
    const filter = validateJson({ body: { type: 'array', items: { type: 'string', format } } })
    const before = performance.now()
    for (const unit of [':', 'a', 'a.', 'a-', '%41', '{a}', '/', '@', '0', '~0', '0:', '\\'])
      for (const head of ['', 'http://', 'a@', '/'])
        await filter(posted(JSON.stringify([`${head}${unit.repeat(50_000)}!`])), async () => reply(200))
    expect(performance.now() - before).toBeLessThan(5_000)
  })

  it('url is still one', async () => {
    const body = { type: 'string', format: 'url' }
    expect((await tried(made({ body }), posted('"https://a.test:8080/b?c"'))).status).toBe(200)
    expect((await tried(made({ body }), posted('"a b"'))).status).toBe(400)
  })
})

describe('uniqueItems', () => {
  const body = { type: 'array', uniqueItems: true }

  it.each([
    '[1,2,"1",[1],["1"],{"a":1},{"b":1},null,true,"true"]',
    '[]',
    '[[1,2],[2,1]]',
    '[{"a":{"b":1}},{"a":{"b":2}}]',
    '["\\"1",1,"1"]',
  ])('has no two in %s', async (text) => expect((await tried(made({ body }), posted(text))).status).toBe(200))

  it.each(['[1,1.0]', '["a","a"]', '[{"a":1,"b":2},{"b":2,"a":1}]', '[[{"a":[]}],[{"a":[]}]]', '[null,null]'])(
    'finds two in %s',
    async (text) => expect((await tried(made({ body }), posted(text))).status).toBe(400),
  )

  it('H-157 takes time in proportion to the items, objects too', async () => {
    const text = `[${Array.from({ length: 20_000 }, (_, at) => `{"a":${at}}`).join(',')}]`
    const before = performance.now()
    const { status } = await tried(made({ body, maxItems: 1e6, maxBytes: 1e7 }), posted(text))
    expect(status).toBe(200)
    expect(performance.now() - before).toBeLessThan(2_000)
  })
})
