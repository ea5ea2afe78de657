import { bytesBody, emptyBody, type OpenapiOptions, openapi, operationOf, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { type Asked, asked } from '../../../asked.js'
import { posted, tried } from '../kit.js'

type Document = OpenapiOptions['document']

const made =
  (document: Document, options: Partial<OpenapiOptions> = {}) =>
  (events: OpenapiOptions['events']) =>
    openapi({ document, ...options, events })

const documentOf = (paths: object, rest: object = {}): Document => ({
  openapi: '3.1.0',
  info: { title: 'a', version: '1' },
  paths,
  ...rest,
})

/** A document of one GET with these parameters. */
const withParameters = (parameters: readonly object[], path = '/a'): Document =>
  documentOf({ [path]: { get: { parameters, responses: {} } } })

async function status(
  document: Document,
  target: string,
  odd: Asked = {},
  options: Partial<OpenapiOptions> = {},
): Promise<number> {
  return (await tried(made(document, options), asked(target, odd))).status
}

describe('openapi finds operations', () => {
  const get = (operationId: string) => ({ get: { operationId, responses: {} } })
  const document = documentOf(
    {
      '/': get('root'),
      '/users': get('users'),
      '/users/{id}': get('user'),
      '/users/me': get('me'),
      '/users/{id}/posts': get('posts'),
      '/users/me/likes': get('likes'),
      '/files/{name}.json': get('json'),
      '/files/{name}': get('file'),
      '/files/{a}-{b}.json': get('pair'),
      '/a/{x}/c/{y}': get('xy'),
      '/a/b/{y}/d': get('bd'),
      '/ü/{x}': get('umlaut'),
      '/v:run': get('run'),
      'x-other': {},
    },
    { servers: [{ url: 'https://a.test/v1/' }, { url: '/{stage}', variables: { stage: { default: 'beta' } } }] },
  )
  const idOf = async (target: string, method = 'GET'): Promise<string | number | null> => {
    let found: string | null = null
    const filter = openapi({ document })
    const { status } = await filter(asked(target, { method }), async (exchange) => {
      found = operationOf(exchange)?.operationId ?? null
      return reply(200)
    })
    return found ?? status
  }

  it.each([
    ['/v1/', 'root'],
    ['/v1/users', 'users'],
    ['/beta/users', 'users'],
    ['/v1/users/7', 'user'],
    ['/v1/users/me', 'me'],
    ['/v1/users/m%65', 'me'],
    ['/v1/users/me/posts', 'posts'],
    ['/v1/users/me/likes', 'likes'],
    ['/v1/files/a.json', 'json'],
    ['/v1/files/a-b.json', 'pair'],
    ['/v1/files/a-b-c.json', 'pair'],
    ['/v1/files/.json', 'file'],
    ['/v1/files/a.jso', 'file'],
    ['/v1/a/b/c/d', 'bd'],
    ['/v1/a/b/c/e', 'xy'],
    ['/v1/%C3%BC/1', 'umlaut'],
    ['/v1/v:run', 'run'],
    ['/v1/users/', 404],
    ['/v1/Users', 404],
    ['/v1/users/7/posts/1', 404],
    ['/v1/users/7/likes', 404],
    ['/users', 404],
    ['/v1users', 404],
    ['/v1/x-other', 404],
    ['/', 404],
  ])('%s is %s', async (target, wanted) => expect(await idOf(target)).toBe(wanted))

  it('answers other methods with 405 and Allow; GET admits HEAD', async () => {
    expect(await idOf('/v1/users', 'HEAD')).toBe('users')
    const { reply: answer, status } = await tried(made(document), asked('/v1/users', { method: 'POST' }))
    expect([status, answer.headers['allow']]).toEqual([405, 'GET, HEAD'])
  })

  it('lets what is not known pass, where told to, without an operation', async () => {
    const options = { unknownPaths: 'pass', unknownMethods: 'pass' } as const
    for (const exchange of [asked('/none'), asked('/v1/users', { method: 'POST' })]) {
      const { passed } = await tried(made(document, options), exchange)
      expect(passed).toBe(exchange)
      expect(operationOf(passed!)).toBeUndefined()
    }
  })

  it('takes a base of its own, and servers of paths and operations', async () => {
    expect(await status(document, '/x/users', {}, { basePath: '/x/' })).toBe(200)
    expect(await status(document, '/v1/users', {}, { basePath: '/' })).toBe(404)
    const own = documentOf(
      {
        '/a': {
          servers: [{ url: '/p' }],
          get: { responses: {} },
          put: { servers: [{ url: 'http://b.test/q' }], responses: {} },
        },
      },
      { servers: [{ url: '/root' }] },
    )
    expect(await status(own, '/p/a')).toBe(200)
    expect(await status(own, '/q/a', { method: 'PUT' })).toBe(200)
    expect(await status(own, '/q/a')).toBe(405)
    expect(await status(own, '/root/a')).toBe(404)
  })

  it('tells what an operation is: tags, security, extensions', async () => {
    const told = documentOf(
      { '/a': { get: { tags: ['x'], responses: {}, 'x-cost': 3 }, put: { security: [], responses: {} } } },
      { security: [{ key: ['read'] }] },
    )
    const { passed } = await tried(made(told), asked('/a'))
    expect(operationOf(passed!)).toMatchObject({
      operationId: null,
      method: 'GET',
      path: '/a',
      tags: ['x'],
      security: [{ key: ['read'] }],
      node: { 'x-cost': 3 },
    })
    const put = await tried(made(told), asked('/a', { method: 'PUT' }))
    expect(operationOf(put.passed!)?.security).toEqual([])
  })

  it('judges upgrades alike', async () => {
    const one = withParameters([{ name: 'room', in: 'query', required: true, schema: { type: 'string' } }])
    expect(await status(one, '/a?room=x', { upgrade: true })).toBe(200)
    expect(await status(one, '/a', { upgrade: true })).toBe(400)
  })

  it('takes no longer than the document is large, whatever the path', async () => {
    const paths: Record<string, object> = {}
    for (let bits = 0; bits < 256; bits++)
      paths[`/${Array.from({ length: 8 }, (_, at) => ((bits >> at) & 1 ? 'a' : `{p${at}}`)).join('/')}/end`] = get(
        `o${bits}`,
      )
    const filter = openapi({ document: documentOf(paths) })
    const before = performance.now()
    for (let round = 0; round < 200; round++) await filter(asked('/a/a/a/a/a/a/a/a/none'), async () => reply(200))
    expect(performance.now() - before).toBeLessThan(3_000)
  })
})

describe('openapi parameters', () => {
  const list = { type: 'array', items: { type: 'integer' }, maxItems: 3 }
  const object = {
    type: 'object',
    properties: { role: { type: 'string' }, age: { type: 'integer' } },
    required: ['age'],
    additionalProperties: false,
  }

  it.each([
    ['form, exploded', { schema: list }, ['?p=1&p=2', '?p=1', ''], ['?p=1&p=x', '?p=1,2', '?p=1&p=2&p=3&p=4', '?p=']],
    [
      'form',
      { schema: list, explode: false },
      ['?p=1,2', '?p=1', '?p='],
      ['?p=1,x', '?p=1&p=2', '?p=1,2,3,4', '?p=1%2C2'],
    ],
    [
      'spaceDelimited',
      { schema: list, style: 'spaceDelimited', explode: false },
      ['?p=1%202', '?p=1+2'],
      ['?p=1,2', '?p=1%20x'],
    ],
    [
      'pipeDelimited',
      { schema: list, style: 'pipeDelimited', explode: false },
      ['?p=1|2', '?p=1%7C2'],
      ['?p=1,2', '?p=1|x'],
    ],
    [
      'form object, exploded',
      { schema: object },
      ['?role=a&age=1', '?age=1', ''],
      ['?age=x', '?role=a', '?age=1&age=2'],
    ],
    [
      'form object',
      { schema: object, explode: false },
      ['?p=role,a,age,1', ''],
      ['?p=role,a,age', '?p=age,x', '?p=age,1,age,2', '?p=other,1,age,1'],
    ],
    [
      'deepObject',
      { schema: object, style: 'deepObject' },
      ['?p[age]=1&p[role]=a', '?p%5Bage%5D=1', ''],
      ['?p[age]=x', '?p[role]=a', '?p[age][b]=1', '?p[]=1', '?p[age]=1&p[age]=2', '?p[other]=1&p[age]=1'],
    ],
    [
      'text',
      { schema: { type: 'string', maxLength: 3 } },
      ['?p=abc', '?p=a%20b', '?p=', '?p'],
      ['?p=abcd', '?p=a&p=b', '?p=%ff'],
    ],
    ['number', { schema: { type: 'number' } }, ['?p=1.5', '?p=-1e2'], ['?p=0x1', '?p=1&p=2', '?p=', '?p=%201']],
    ['boolean', { schema: { type: 'boolean' } }, ['?p=true'], ['?p=1', '?p=TRUE']],
    ['required', { required: true, schema: { type: 'string' } }, ['?p=a'], ['', '?P=a']],
    [
      'required, perhaps empty',
      { required: true, allowEmptyValue: true, schema: { type: 'integer' } },
      ['?p=', '?p=1'],
      ['', '?p=x'],
    ],
    [
      'JSON',
      { content: { 'application/json': { schema: object } } },
      ['?p=%7B%22age%22:1%7D'],
      ['?p=%7B%22age%22:%221%22%7D', '?p=%7B', '?p=%7B%22age%22:1,%22age%22:2%7D'],
    ],
    ['of any kind', {}, ['?p=a', ''], ['?p=a&p=b']],
    [
      'one of several',
      { schema: { anyOf: [{ type: 'integer', minimum: 5 }, { enum: ['all'] }] } },
      ['?p=5', '?p=all'],
      ['?p=4', '?p=x'],
    ],
    ['a list by reference', { schema: { allOf: [list] } }, ['?p=1&p=2'], ['?p=x']],
  ] as const)('of a query: %s', async (_what, parameter, good, bad) => {
    const document = withParameters([{ name: 'p', in: 'query', ...parameter }])
    for (const query of good) expect([query, await status(document, `/a${query}`)]).toEqual([query, 200])
    for (const query of bad) expect([query, await status(document, `/a${query}`)]).toEqual([query, 400])
  })

  it.each([
    ['text', { schema: { type: 'integer' } }, ['1'], ['x', '0x1']],
    ['list', { schema: list }, ['1,2', '1'], ['1,x', '1,2,3,4']],
    ['object', { schema: object }, ['role,a,age,1'], ['role,a', 'role=a,age=1']],
    ['object, exploded', { schema: object, explode: true }, ['role=a,age=1'], ['role,a,age,1', 'age=x']],
    ['decoded', { schema: { const: 'a b,ü' } }, ['a%20b,%C3%BC', 'a%20b%2C%C3%BC'], ['a+b']],
  ] as const)('of a path: %s', async (_what, parameter, good, bad) => {
    const document = withParameters([{ name: 'p', in: 'path', required: true, ...parameter }], '/a/{p}')
    for (const value of good) expect([value, await status(document, `/a/${value}`)]).toEqual([value, 200])
    for (const value of bad) expect([value, await status(document, `/a/${value}`)]).toEqual([value, 400])
  })

  it('of fields: by lower-case names, lists by commas, and those that are others’ ignored', async () => {
    const document = withParameters([
      { name: 'X-Ids', in: 'header', required: true, schema: list },
      { name: 'Accept', in: 'header', required: true, schema: { const: 'x' } },
    ])
    expect(await status(document, '/a', { headers: { 'x-ids': '1, 2' } })).toBe(200)
    expect(await status(document, '/a', { headers: { 'x-ids': ['1', '2'] } })).toBe(200)
    expect(await status(document, '/a', { headers: { 'x-ids': '1, x' } })).toBe(400)
    expect(await status(document, '/a')).toBe(400)
  })

  it('of cookies', async () => {
    const document = withParameters([{ name: 'n', in: 'cookie', required: true, schema: { type: 'integer' } }])
    const ask = (cookie: string) => status(document, '/a', { headers: { cookie } })
    expect(await ask('a=%; n=5; b')).toBe(200)
    expect(await ask('n=x')).toBe(400)
    expect(await ask('n=5; n=6')).toBe(400)
    expect(await ask('xn=5')).toBe(400)
  })

  it('an operation’s own go before the path’s', async () => {
    const p = (schema: object) => ({ name: 'p', in: 'query', schema })
    const document = documentOf({
      '/a': {
        parameters: [p({ const: 'x' })],
        get: { parameters: [p({ const: 'y' })], responses: {} },
        put: { responses: {} },
      },
    })
    expect(await status(document, '/a?p=y')).toBe(200)
    expect(await status(document, '/a?p=x')).toBe(400)
    expect(await status(document, '/a?p=x', { method: 'PUT' })).toBe(200)
  })

  it('others in the query pass, or not, where told so', async () => {
    const parameters = [
      { name: 'p', in: 'query', schema: { type: 'string' } },
      { name: 'f', in: 'query', style: 'deepObject', schema: { type: 'object' } },
      { name: 'o', in: 'query', schema: { type: 'object', properties: { age: {} }, additionalProperties: false } },
    ]
    const document = withParameters(parameters)
    expect(await status(document, '/a?other=1')).toBe(200)
    for (const query of ['?p=1', '?f[x]=1', '?age=1', ''])
      expect(await status(document, `/a${query}`, {}, { unknownQuery: 'deny' })).toBe(200)
    for (const query of ['?other=1', '?P=1', '?f=1', '?%70%70=1', '?__proto__=1'])
      expect([query, await status(document, `/a${query}`, {}, { unknownQuery: 'deny' })]).toEqual([query, 400])
    expect(await status(documentOf({ '/a': { get: { responses: {} } } }), '/a?x', {}, { unknownQuery: 'deny' })).toBe(
      400,
    )
  })

  it('H-201 no more than so many are looked at', async () => {
    const document = withParameters([{ name: 'p', in: 'query', schema: {} }])
    const many = Array.from({ length: 100_000 }, (_, at) => `${at}=1`).join('&')
    expect(await status(document, `/a?${many}`)).toBe(400)
    expect(await status(document, '/a?a&b&c', {}, { maxParameters: 2 })).toBe(400)
  })

  it('H-154 one named __proto__ or constructor is one like any other', async () => {
    const document = withParameters([
      { name: '__proto__', in: 'query', style: 'deepObject', schema: { type: 'object' } },
      { name: 'constructor', in: 'query', required: true, schema: { type: 'integer' } },
    ])
    expect(await status(document, '/a?__proto__[polluted]=1&constructor=1')).toBe(200)
    expect(await status(document, '/a?__proto__[polluted]=1')).toBe(400)
    const closed = { type: 'object', additionalProperties: false, properties: { a: {} } }
    const deep = withParameters([{ name: 'p', in: 'query', style: 'deepObject', schema: closed }])
    expect(await status(deep, '/a?p[a]=1')).toBe(200)
    expect(await status(deep, '/a?p[a]=1&p[__proto__]=1')).toBe(400)
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })
})

describe('openapi bodies', () => {
  const User = {
    type: 'object',
    required: ['id', 'name', 'password'],
    properties: {
      id: { type: 'integer', readOnly: true },
      password: { $ref: '#/components/schemas/Secret' },
      name: { type: 'string' },
      friends: { type: 'array', items: { $ref: '#/components/schemas/User' } },
    },
  }
  const document = documentOf(
    {
      '/users': {
        post: {
          requestBody: { $ref: '#/components/requestBodies/User' },
          responses: {
            201: {
              headers: { 'X-Id': { required: true, schema: { type: 'integer' } } },
              content: { 'application/json': { schema: { $ref: '#/components/schemas/User' } } },
            },
            '4XX': { $ref: '#/components/responses/Problem' },
          },
        },
        get: { responses: { default: { content: { 'text/*': {}, 'application/json': {} } } } },
      },
      '/form': {
        post: {
          requestBody: {
            content: {
              'application/x-www-form-urlencoded': {
                schema: {
                  type: 'object',
                  required: ['n'],
                  properties: {
                    n: { type: 'integer' },
                    tags: { type: 'array', items: { enum: ['a', 'b'] } },
                    o: { type: 'object', properties: { x: { type: 'integer' } } },
                  },
                  additionalProperties: false,
                },
              },
            },
          },
          responses: {},
        },
      },
      '/any': {
        post: {
          requestBody: {
            content: {
              'image/*': {},
              'application/xml': { schema: {} },
              'application/*': { schema: { type: 'object', required: ['any'] } },
            },
          },
          responses: {},
        },
      },
    },
    {
      components: {
        schemas: { User, Secret: { type: 'string', writeOnly: true } },
        requestBodies: {
          User: { required: true, content: { 'application/json': { schema: { $ref: '#/components/schemas/User' } } } },
        },
        responses: {
          Problem: { content: { 'application/problem+json': { schema: { type: 'object', required: ['status'] } } } },
        },
      },
    },
  )
  const post = (text: string, type?: string, path = '/users') =>
    tried(made(document), posted(text, { path, ...(type === undefined ? {} : { type }) }))

  it('judges JSON by its schema, which may refer to itself, and needs no readOnly property', async () => {
    expect((await post('{"name":"a","password":"x","friends":[{"name":"b","password":"y"}]}')).status).toBe(200)
    const wrong = await post('{"name":"a","password":"x","friends":[{"name":5,"password":"y"}]}')
    expect(wrong.json.errors).toEqual([{ in: 'body', pointer: '#/friends/0/name', detail: 'must be string' }])
    expect((await post('{"name":"a"}')).status).toBe(400)
    expect((await post(`{"name":"a","password":"x","friends":${'['.repeat(100)}${']'.repeat(100)}}`)).status).toBe(400)
  })

  it('H-203 other types, and what is none, are a 415 that tells which would do', async () => {
    for (const type of [
      'text/plain',
      'application/json garbage',
      'application/json; charset=utf-16',
      'application/x-www-form-urlencoded',
    ])
      expect((await post('{}', type)).status).toBe(415)
    expect((await post('{}', 'text/plain')).reply.headers['accept']).toBe('application/json')
    expect(await status(document, '/users', { method: 'POST', body: bytesBody('{}') })).toBe(415)
  })

  it('H-157 one that is too long is a 413; one that must be there a 400, and so is one that must not', async () => {
    expect((await tried(made(document, { maxBytes: 3 }), posted('{"a":1}', { path: '/users' }))).status).toBe(413)
    expect(await status(document, '/users', { method: 'POST' })).toBe(400)
    expect((await tried(made(document), posted('{}', { path: '/users', method: 'GET' }))).status).toBe(400)
    expect(await status(document, '/form', { method: 'POST' })).toBe(200)
  })

  it.each([
    ['n=1', 200],
    ['n=1&tags=a&tags=b', 200],
    ['n=1&tags=a', 200],
    ['n=1&o=%7B%22x%22%3A1%7D', 200],
    ['n=x', 400],
    ['n=0x1', 400],
    ['', 200],
    ['tags=a', 400],
    ['n=1&tags=c', 400],
    ['n=1&n=2', 400],
    ['n=1&other=1', 400],
    ['n=1&__proto__=1', 400],
    ['n=1&o=%7B', 400],
    ['n=1&o=1', 400],
    ['n=%ff', 400],
  ])('a form %j gets %i', async (text, wanted) =>
    expect((await post(text, 'application/x-www-form-urlencoded', '/form')).status).toBe(wanted),
  )

  it('ranges of types: what is not JSON passes unread', async () => {
    expect((await post('x', 'image/png', '/any')).status).toBe(200)
    expect((await post('<a', 'application/xml', '/any')).status).toBe(200)
    expect((await post('{"any":1}', 'application/json', '/any')).status).toBe(200)
    expect((await post('{}', 'application/vnd.a+json', '/any')).status).toBe(400)
    expect((await post('x', 'text/plain', '/any')).status).toBe(415)
  })

  const replied = (
    status: number,
    text: string,
    headers: Record<string, string>,
    method = 'POST',
    options: Partial<OpenapiOptions> = {},
  ) => {
    const exchange =
      method === 'POST' ? posted('{"name":"a","password":"x"}', { path: '/users' }) : asked('/users', { method })
    return tried(made(document, { replies: true, onInvalidReply: 'report', ...options }), exchange, () =>
      reply(status, text === '' ? null : text, headers),
    )
  }
  const JSON_TYPE = { 'content-type': 'application/json' }

  it.each([
    [201, '{"id":1,"name":"a"}', { ...JSON_TYPE, 'x-id': '1' }, null],
    [201, '{"name":"a"}', { ...JSON_TYPE, 'x-id': '1' }, 'reply: #/required'],
    [201, '{"id":1,"name":"a"}', JSON_TYPE, 'headers: #/required'],
    [
      201,
      '{"id":1,"name":"a"}',
      { ...JSON_TYPE, 'x-id': 'x' },
      'headers: openapi#/paths/~1users/post/responses/201/headers/X-Id/schema/type',
    ],
    [201, 'x', { 'content-type': 'text/plain', 'x-id': '1' }, 'a media type that the operation does not have'],
    [201, '{', { ...JSON_TYPE, 'x-id': '1' }, 'The body is not JSON.'],
    [200, '{}', JSON_TYPE, 'a status that the operation does not have'],
    [422, '{"status":422}', { 'content-type': 'application/problem+json' }, null],
    [
      422,
      '{}',
      { 'content-type': 'application/problem+json' },
      'reply: openapi#/components/responses/Problem/content/application~1problem+json/schema/required',
    ],
    [500, '{}', JSON_TYPE, 'a status that the operation does not have'],
    [304, '', {}, null],
  ])('a reply %i %s with %j: %s', async (status, text, headers, why) => {
    const { invalid } = await replied(status, text, headers as Record<string, string>)
    expect(invalid.map((event) => event.why.replace('%2B', '+').replaceAll('%201', '~1'))).toEqual(
      why === null ? [] : [why],
    )
  })

  it('replies that are not JSON pass unread, and so does what HEAD is told', async () => {
    expect((await replied(200, 'x', { 'content-type': 'text/html' }, 'GET')).invalid).toEqual([])
    expect((await replied(200, 'x', { 'content-type': 'image/png' }, 'GET')).invalid.length).toBe(1)
    expect((await replied(200, '', { 'content-type': 'image/png' }, 'HEAD')).invalid).toEqual([])
  })

  it('answers 502 in place of them unless told to report, and needs the reply’s body then only', async () => {
    await expect(replied(500, '{}', JSON_TYPE, 'POST', { onInvalidReply: 'error' })).rejects.toMatchObject({
      code: 'ERR_EDGE_INVALID_REPLY',
    })
    expect({ ...openapi({ document, replies: true }) }).toMatchObject({ stage: 'guard', needsReplyBody: true })
    expect({ ...openapi({ document }) }).toMatchObject({ stage: 'guard', needsReplyBody: false })
  })

  it('answers 422 where told to', async () =>
    expect((await tried(made(document, { status: 422 }), posted('{}', { path: '/users' }))).status).toBe(422))
})

describe('openapi documents', () => {
  const bodyOf = (schema: object, rest: object = {}, version = '3.1.0'): Document => ({
    ...documentOf(
      { '/a': { post: { requestBody: { content: { 'application/json': { schema } } }, responses: {} } } },
      rest,
    ),
    openapi: version,
  })
  const post = async (document: Document, text: string) =>
    (await tried(made(document), posted(text, { path: '/a' }))).status

  it('of 3.0 have nullable, boolean bounds, and nothing beside $ref', async () => {
    const N = {
      type: 'integer',
      nullable: true,
      minimum: 1,
      exclusiveMinimum: true,
      maximum: 5,
      exclusiveMaximum: false,
    }
    const document = bodyOf(
      { $ref: '#/components/schemas/N', description: 'x', minLength: 'not even a number' },
      { components: { schemas: { N } } },
      '3.0.3',
    )
    for (const good of ['null', '2', '5']) expect(await post(document, good)).toBe(200)
    for (const bad of ['1', '6', '"x"']) expect(await post(document, bad)).toBe(400)
    const loose = bodyOf({ nullable: true, allOf: [{ type: 'string' }] }, {}, '3.0.0')
    expect(await post(loose, '"a"')).toBe(200)
    const named = bodyOf(
      {
        type: 'object',
        properties: { nullable: { type: 'boolean' }, required: { type: 'string' }, $ref: { type: 'string' } },
      },
      {},
      '3.0.0',
    )
    expect(await post(named, '{"nullable":true,"required":"x"}')).toBe(200)
    expect(await post(named, '{"nullable":1}')).toBe(400)
  })

  it('may name things as keywords are named: a response default, schemas default, required and discriminator', async () => {
    const N = { type: 'integer', nullable: true }
    const schemas = { default: N, discriminator: N, required: N, properties: N }
    for (const name of Object.keys(schemas)) {
      const document = bodyOf({ $ref: `#/components/schemas/${name}` }, { components: { schemas } }, '3.0.0')
      expect([name, await post(document, 'null'), await post(document, '"x"')]).toEqual([name, 200, 400])
    }
    const content = { 'application/json': { schema: N } }
    const replied = { ...documentOf({ '/a': { get: { responses: { default: { content } } } } }), openapi: '3.0.0' }
    const json = () => reply(200, 'null', { 'content-type': 'application/json' })
    const { invalid } = await tried(made(replied, { replies: true, onInvalidReply: 'report' }), asked('/a'), json)
    expect(invalid).toEqual([])
  })

  it('may have a discriminator that ajv goes by, or one of names only, which says nothing', async () => {
    const branch = (kind: string, more: object) => ({
      type: 'object',
      required: ['kind'],
      properties: { kind: { const: kind }, ...more },
    })
    const oneOf = [{ $ref: '#/components/schemas/Cat' }, { $ref: '#/components/schemas/Dog' }]
    const schemas = {
      Cat: branch('cat', { lives: { type: 'integer' } }),
      Dog: branch('dog', { lives: { type: 'string' } }),
    }
    for (const discriminator of [
      { propertyName: 'kind' },
      { propertyName: 'kind', mapping: { cat: '#/components/schemas/Cat' } },
    ]) {
      const document = bodyOf({ type: 'object', discriminator, oneOf }, { components: { schemas } })
      expect(await post(document, '{"kind":"cat","lives":9}')).toBe(200)
      expect(await post(document, '{"kind":"dog","lives":9}')).toBe(400)
      expect(await post(document, '{"kind":"cow"}')).toBe(400)
    }
    const names = bodyOf({
      discriminator: { propertyName: 'kind' },
      oneOf: [
        { type: 'object', required: ['a'] },
        { type: 'object', required: ['b'] },
      ],
    })
    expect(await post(names, '{"a":1}')).toBe(200)
    expect(await post(names, '{"a":1,"b":1}')).toBe(400)
  })

  it('may name anything as example, and extend what they like', async () => {
    const document = bodyOf({
      type: 'string',
      example: { $ref: 'https://a.test/x' },
      examples: [{ discriminator: {} }],
      'x-any': { $ref: 1 },
      xml: {},
      externalDocs: {},
    })
    expect(await post(document, '"a"')).toBe(200)
  })

  it('H-154 with __proto__ in them change no object', async () => {
    const text = JSON.stringify(bodyOf({ type: 'object', additionalProperties: false, properties: { a: {} } }))
      .replace('"properties":{', '"__proto__":{"maxProperties":0},"properties":{"__proto__":{"polluted":1},')
      .replace('"info":{', '"__proto__":{"polluted":1},"info":{"__proto__":{"polluted":1},')
    const document = JSON.parse(text) as Document
    expect(await post(document, '{"a":1}')).toBe(200)
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    expect(JSON.stringify(document)).toBe(text)
  })

  it('are not changed, and may be frozen', () => {
    const freeze = <T>(value: T): T => {
      if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze)
      return value
    }
    expect(() =>
      openapi({ document: freeze(bodyOf({ type: 'integer', nullable: true }, {}, '3.0.0')), replies: true }),
    ).not.toThrow()
  })

  it.each([
    ['no version', { paths: {} }, 'without a version'],
    ['Swagger', { swagger: '2.0', openapi: '2.0' }, 'version 2.0'],
    ['a version to come', { openapi: '4.0.0' }, 'version 4.0.0'],
    ['a reference elsewhere', documentOf({ '/a': { $ref: 'https://a.test/a' } }), 'not within the document'],
    ['a schema elsewhere', bodyOf({ $ref: 'https://a.test/a' }), 'https://a.test/a'],
    ['a schema that is not there', bodyOf({ $ref: '#/components/schemas/None' }), 'None'],
    ['a parameter that is not there', withParameters([{ $ref: '#/components/parameters/None' }]), 'None'],
    [
      'a reference in bad escapes',
      bodyOf({ allOf: [{ $ref: '#/%' }], required: ['a'], properties: { a: { $ref: '#/%ff' } } }),
      'percent-encoded',
    ],
    ['a reference to itself', documentOf({ '/a': { $ref: '#/paths/~1a' } }), 'leads back to itself'],
    ['a schema of no type', bodyOf({ type: 'strnig' }), '/paths/~1a/post/requestBody/content/application~1json/schema'],
    ['a style of paths', withParameters([{ name: 'p', in: 'path', style: 'matrix' }], '/{p}'), 'the style matrix'],
    ['a parameter without a place', withParameters([{ name: 'p' }]), 'without a name or a place'],
    ['a path twice', documentOf({ '/{a}': { get: {} }, '/{b}': { get: {} } }), 'the same path as /{a}'],
    ['a name twice', documentOf({ '/{a}/{a}': { get: {} } }), 'stands twice'],
    ['names with nothing between', documentOf({ '/{a}{b}': { get: {} } }), 'nothing between'],
    ['braces of nothing', documentOf({ '/{}': { get: {} } }), 'braces'],
    ['half a brace', documentOf({ '/{a': { get: {} } }), 'a brace without'],
    ['dots', documentOf({ '/a/../b': { get: {} } }), 'no request can have'],
    ['no slash', documentOf({ a: { get: {} } }), 'without a slash'],
    [
      'a media type that is none',
      documentOf({ '/a': { put: { requestBody: { content: { json: {} } } } } }),
      'the media type json',
    ],
    ['a server’s variable of nothing', documentOf({ '/a': { get: {} } }, { servers: [{ url: '/{x}' }] }), 'variable x'],
  ])('with %s are refused at construction', (_what, document, words) => {
    expect(() => openapi({ document: document as Document })).toThrow(words)
  })

  it.each([
    [{}, 'document'],
    [{ document: [] }, 'document'],
    [{ document: {}, basePath: 'x' }, 'basePath'],
    [{ document: {}, draft: '07' }, 'draft'],
  ])('options %j are refused', (options, name) => expect(() => openapi(options as never)).toThrow(`"${name}"`))

  it('a reply without a body counts as none', async () => {
    const document = documentOf({ '/a': { get: { responses: { 204: {} } } } })
    const { invalid } = await tried(made(document, { replies: true }), asked('/a'), () => ({
      status: 204,
      headers: {},
      body: emptyBody,
    }))
    expect(invalid).toEqual([])
  })
})
