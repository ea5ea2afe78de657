import { bytesBody, type GraphqlLimitsOptions, graphqlLimits } from 'edgewise'
import { getIntrospectionQuery } from 'graphql'
import { describe, expect, it } from 'vitest'
import { asked } from '../../../asked.js'
import { posted, tried } from '../kit.js'

const limited =
  (options: GraphqlLimitsOptions = {}) =>
  (events: GraphqlLimitsOptions['events']) =>
    graphqlLimits({ ...options, events })
const sent = (value: unknown, path = '/') => posted(JSON.stringify(value), { path })
const got = (query: string, more = '', method = 'GET') =>
  asked(`/?query=${encodeURIComponent(query)}${more}`, { method })

/** What a refusal says; `null` if it passed. */
async function said(query: unknown, options?: GraphqlLimitsOptions): Promise<string | null> {
  const exchange = sent(typeof query === 'string' ? { query } : query)
  const { passed, text, status } = await tried(limited(options), exchange)
  if (passed !== null) return null
  expect(status).toBe(400)
  return JSON.parse(text).errors[0].message
}

describe('graphqlLimits', () => {
  it('lets what is within limits pass, as the bytes that came', async () => {
    const text = '{ "query" : "{ a { b } }", "variables": null }'
    const { status, passed } = await tried(limited(), posted(text))
    expect(status).toBe(200)
    expect(Buffer.from((passed!.body as { bytes: Uint8Array }).bytes).toString()).toBe(text)
  })

  it.each([
    [{ maxDepth: 2 }, '{a{b{c}}}', 'More than 2 levels are asked for.'],
    [{ maxDepth: 2 }, '{...F} fragment F on Q{a{...G}} fragment G on Q{b{c}}', 'More than 2 levels are asked for.'],
    [{ maxDepth: 2 }, '{a{... on A{... {b{c}}}}}', 'More than 2 levels are asked for.'],
    [{ maxFields: 3 }, '{a b c d}', 'More than 3 fields are asked for.'],
    [{ maxFields: 3 }, '{...F ...F} fragment F on Q{a b}', 'More than 3 fields are asked for.'],
    [{ maxAliases: 1 }, '{x:a y:a}', 'More than 1 aliases are used.'],
    [{ maxAliases: 1 }, '{a{...F} b{...F}} fragment F on Q{x:a}', 'More than 1 aliases are used.'],
    [{ maxDirectives: 1 }, '{a @x @x}', 'More than 1 directives are used.'],
    [{ maxDirectives: 0 }, 'query @x {a}', 'More than 0 directives are used.'],
    [{ maxDirectives: 0 }, 'query($a:Int @x){a}', 'More than 0 directives are used.'],
    [{ maxDirectives: 0 }, '{...@x{a}}', 'More than 0 directives are used.'],
    [{ maxDirectives: 0 }, '{...F @x} fragment F on Q{a}', 'More than 0 directives are used.'],
    [{ maxDirectives: 0 }, '{...F} fragment F on Q @x {a}', 'More than 0 directives are used.'],
    [{ maxTokens: 5 }, '{a b c d}', 'The document has more than 5 tokens.'],
    [{ maxCost: 2 }, '{a b c}', 'What is asked for costs more than 2.'],
    [{ introspection: 'deny' }, '{__schema{types{name}}}', 'Introspection is not allowed.'],
    [{ introspection: 'deny' }, '{...F} fragment F on Q{x:__type(name:"A"){name}}', 'Introspection is not allowed.'],
    [{}, '{a', 'The document is not GraphQL.'],
    [{}, '', 'The document is not GraphQL.'],
    [{}, '{...F} fragment F on Q{a ...F}', 'The document has a fragment that is in itself.'],
    [{}, '{...F} fragment F on Q{...G} fragment G on Q{...F}', 'The document has a fragment that is in itself.'],
    [{}, '{...F}', 'The document has a fragment that is not there.'],
    [{}, '{...F} fragment F on Q{a} fragment F on Q{b}', 'The document has a fragment that is there twice.'],
    [{}, 'query A{a} query B{b}', 'The document has several operations: name one.'],
    [{}, 'query A{a} query A{b}', 'The document has two operations of one name.'],
    [{}, '{a} {b}', 'The document has two operations of one name.'],
    [{}, 'fragment F on Q{a}', 'The document does not have the operation.'],
  ] as const)('%j: %s', async (options, query, message) => expect(await said(query, options)).toBe(message))

  it.each([
    [{ maxDepth: 2 }, '{a{b}}'],
    [{ maxDepth: 2 }, '{a{... on A{...{b}}}}'],
    [{ maxFields: 3 }, '{a{b c}}'],
    [{ introspection: 'deny' }, '{a{__typename}}'],
    [{ maxAliases: 0 }, '{a b}'],
    [{}, 'subscription{a}'],
    [{}, 'mutation{a}'],
    // Of operations that are not asked for, nothing is run.
    [{ maxDepth: 1 }, { query: 'query A{a} query B{a{b}}', operationName: 'A' }],
    [{}, { query: '{a}', operationName: '' }],
    [{}, { query: '{a}', variables: { a: { b: [1] } }, extensions: { any: 1 } }],
  ] as const)('%j lets %j pass', async (options, query) => expect(await said(query, options)).toBeNull())

  it('measures the operation that is named', async () => {
    expect(await said({ query: 'query A{a} query B{a{b}}', operationName: 'B' }, { maxDepth: 1 })).toMatch('levels')
    expect(await said({ query: 'query A{a}', operationName: 'B' })).toBe('The document does not have the operation.')
  })

  it('the defaults let tools ask for the schema', async () => expect(await said(getIntrospectionQuery())).toBeNull())

  it('counts fragments that spread each other twice, 60 deep, in no time', async () => {
    const names = Array.from({ length: 60 }, (_, at) => `F${at}`)
    const chain = names.map((name, at) => `fragment ${name} on Q{${at === 59 ? 'a' : `...F${at + 1} ...F${at + 1}`}}`)
    const before = performance.now()
    expect(await said(`{...F0} ${chain.join(' ')}`)).toBe('More than 1000 fields are asked for.')
    expect(await said(`{...F0} ${chain.join(' ')}`, { maxFields: 1e9, maxCost: 1e9 })).toMatch(
      'More than 1000000000 fields',
    )
    expect(performance.now() - before).toBeLessThan(2_000)
  })

  it('follows fragments within each other so far and no further, however many tokens there may be', async () => {
    const chain = Array.from({ length: 9_000 }, (_, at) => `fragment F${at} on Q{...F${at + 1}}`).join(' ')
    const options = { maxTokens: 100_000, maxDepth: 1e9 }
    expect(await said(`{...F0} ${chain} fragment F9000 on Q{a}`, options)).toMatch('more than 500 fragments')
  })

  it.each([
    ['selections', `${'{a'.repeat(40_000)}`],
    ['lists', `{a(b:${'['.repeat(90_000)}`],
    ['types', `query($a:${'['.repeat(90_000)}`],
  ])('H-160 %s nested past what a parser can follow are no GraphQL', async (_what, query) => {
    expect(await said(query, { maxTokens: 100_000 })).toBe('The document is not GraphQL.')
    expect(await said(query)).toMatch(/more than 2000 tokens|not GraphQL/)
  })

  it('values nested as deep as a parser can follow are no failure of ours', async () => {
    for (const levels of [100, 300, 600, 900, 1_200, 1_500, 2_500]) {
      const query = `{a(b:${'['.repeat(levels)}${']'.repeat(levels)})}`
      await said(query, { maxTokens: 100_000, cost: { fields: { a: { times: ['b'] } } }, maxCost: 9 })
    }
  })

  it('adds up a batch, which may be no larger than maxBatch', async () => {
    const one = { query: '{a b}' }
    expect(await said([one])).toBeNull()
    expect(await said([one, one])).toBe('No more than 1 operations may be asked for at once.')
    expect(await said([one, one], { maxBatch: 2 })).toBeNull()
    expect(await said([one, one], { maxBatch: 2, maxFields: 3 })).toBe('More than 3 fields are asked for.')
    expect(await said([], { maxBatch: 2 })).toBe('The request is not one of GraphQL.')
    expect(await said([[one]], { maxBatch: 2 })).toBe('The request is not one of GraphQL.')
  })

  it.each([
    [{}, 'A query is required.'],
    [{ query: null }, 'A query is required.'],
    [{ query: 5 }, 'The request is not one of GraphQL.'],
    [{ query: ['{a}'] }, 'The request is not one of GraphQL.'],
    [{ query: '{a}', operationName: 1 }, 'The request is not one of GraphQL.'],
    [{ query: '{a}', variables: '{}' }, 'The request is not one of GraphQL.'],
    [null, 'The request is not one of GraphQL.'],
    [5, 'The request is not one of GraphQL.'],
  ])('refuses %j', async (value, message) => expect(await said(value)).toBe(message))

  it('H-160 a query that stands twice is not measured by one and run by the other', async () => {
    const { status, text } = await tried(limited({ maxDepth: 1 }), posted('{"query":"{a{b}}","query":"{a}"}'))
    expect([status, text]).toEqual([
      400,
      '{"errors":[{"message":"The body holds a name that stands twice in one object."}]}',
    ])
  })

  it('H-154 variables and operations named __proto__ are names', async () => {
    const body =
      '{"query":"query __proto__($__proto__:Int){a(b:$__proto__)}","operationName":"__proto__","variables":{"__proto__":{"polluted":1}}}'
    expect(
      (await tried(limited({ cost: { fields: { a: { times: ['b', '__proto__'] } } }, maxCost: 9 }), posted(body)))
        .status,
    ).toBe(200)
    expect(await said('{...constructor}')).toBe('The document has a fragment that is not there.')
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })
})

describe('graphqlLimits over HTTP', () => {
  it('H-203 takes JSON and application/graphql by POST, and nothing that a browser sends unasked', async () => {
    const status = async (type: string, text = '{"query":"{a}"}') =>
      (await tried(limited(), posted(text, { type }))).status
    expect(await status('application/json; charset=utf-8')).toBe(200)
    expect(await status('application/graphql+json')).toBe(200)
    expect(await status('application/graphql', '{a}')).toBe(200)
    expect(await status('application/graphql', '{a')).toBe(400)
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/json garbage',
      'application/json; charset=utf-16',
    ])
      expect(await status(type)).toBe(415)
    expect((await tried(limited(), posted('{}', { headers: { 'content-encoding': 'gzip' } }))).status).toBe(415)
    const none = asked('/', { method: 'POST', body: bytesBody('{"query":"{a}"}') })
    expect((await tried(limited(), none)).status).toBe(415)
  })

  it('multipart passes unread where it may', async () => {
    const upload = posted('x', { type: 'multipart/form-data; boundary=x' })
    expect((await tried(limited({ multipart: 'pass' }), upload)).passed).toBe(upload)
  })

  it('reads a GET’s query, which must be no mutation', async () => {
    const one: GraphqlLimitsOptions = { maxDepth: 1 }
    expect((await tried(limited(one), got('{a}'))).status).toBe(200)
    expect((await tried(limited(one), got('{a}', '', 'HEAD'))).status).toBe(200)
    expect((await tried(limited(one), got('{a{b}}'))).status).toBe(400)
    expect((await tried(limited(one), asked('/?qu%65ry=%7Ba%7Bb%7D%7D'))).status).toBe(400)
    expect((await tried(limited(one), asked('/?query=query+A%7Ba%7Bb%7D%7D'))).status).toBe(400)
    const mutation = await tried(limited(), got('mutation{a}'))
    expect([mutation.status, mutation.reply.headers['allow']]).toEqual([405, 'POST'])
  })

  it.each([
    '&query=%7Ba%7D',
    '&operationName=A&operationName=B',
    '&variables=%7B',
    '&variables=5',
    '&variables=%ff',
    '&extensions=%7B%22a%22%3A1%2C%22a%22%3A2%7D',
    `&${Array.from({ length: 300 }, (_, at) => at).join('&')}`,
  ])('refuses a GET with %s', async (more) => expect((await tried(limited(), got('{a}', more))).status).toBe(400))

  it('refuses a query in the URL of a POST, which some servers take rather than the body’s, and a GET with a body', async () => {
    expect((await tried(limited(), sent({ query: '{a}' }, '/?query=%7Ba%7Bb%7D%7D'))).status).toBe(400)
    expect((await tried(limited(), sent({ query: '{a}' }, '/?operationName=A'))).status).toBe(400)
    expect((await tried(limited(), sent({ query: '{a}' }, '/?trace=1'))).status).toBe(200)
    expect((await tried(limited(), posted('{"query":"{a}"}', { method: 'GET', path: '/?query=%7Ba%7D' }))).status).toBe(
      400,
    )
  })

  it('has other methods refused, and those that it is told to', async () => {
    const put = await tried(limited(), posted('{}', { method: 'PUT' }))
    expect([put.status, put.reply.headers['allow']]).toEqual([405, 'GET, HEAD, POST'])
    const get = await tried(limited({ methods: ['POST'] }), got('{a}'))
    expect([get.status, get.reply.headers['allow']]).toEqual([405, 'POST'])
    expect((await tried(limited(), asked('/', { method: 'POST' }))).status).toBe(400)
    expect((await tried(limited(), asked('/'))).status).toBe(400)
  })

  it('lets persisted queries pass where they may, and those that are sent with them are measured', async () => {
    const hash = { extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } }
    const pass: GraphqlLimitsOptions = { persisted: 'pass', maxDepth: 1 }
    expect((await tried(limited(), sent(hash))).status).toBe(400)
    expect((await tried(limited(pass), sent(hash))).status).toBe(200)
    expect((await tried(limited(pass), asked('/?documentId=x'))).status).toBe(200)
    expect((await tried(limited(pass), asked('/?id=x'))).status).toBe(200)
    expect((await tried(limited(pass), sent({ ...hash, query: '{a{b}}' }))).status).toBe(400)
  })

  it('lets WebSockets pass', async () => {
    const upgrade = asked('/', { upgrade: true })
    expect((await tried(limited(), upgrade)).passed).toBe(upgrade)
  })

  it('H-157 a body past maxBytes is a 413', async () => {
    const { status, text } = await tried(limited({ maxBytes: 9 }), sent({ query: '{a}' }))
    expect([status, JSON.parse(text).errors.length]).toEqual([413, 1])
  })

  it('answers in GraphQL’s own words, in the media type that the client takes', async () => {
    const ask = (accept: string) => tried(limited(), posted('{"query":"{secret"}', { headers: { accept } }))
    const modern = await ask('application/graphql-response+json, application/json;q=0.9')
    expect(modern.reply.headers['content-type']).toBe('application/graphql-response+json; charset=utf-8')
    const old = await ask('*/*')
    expect([old.reply.headers['content-type'], old.reply.headers['cache-control'], old.text]).toEqual([
      'application/json; charset=utf-8',
      'no-store',
      '{"errors":[{"message":"The document is not GraphQL."}]}',
    ])
  })
})

describe('the cost of GraphQL', () => {
  const table: GraphqlLimitsOptions['cost'] = {
    default: 1,
    fields: { users: { cost: 2, times: ['first', 'last', 'ids'], assumed: 50 }, free: 0, page: { assumed: 10 } },
  }
  const cost = async (query: string, variables: object = {}): Promise<number> => {
    for (let low = 0, high = 1e7; ; ) {
      const middle = (low + high) >> 1
      if (low === high) return low
      if ((await said({ query, variables }, { cost: table, maxCost: middle })) === null) high = middle
      else low = middle + 1
    }
  }

  it.each([
    ['{a b}', {}, 2],
    ['{free}', {}, 0],
    ['{page{a b}}', {}, 21],
    ['{users(first:10){a b}}', {}, 22],
    ['{users(first:10 last:20){a}}', {}, 22],
    ['{users(ids:[1,2,3]){a}}', {}, 5],
    ['{users{a}}', {}, 52],
    ['{users(first:10){users(first:10){a}}}', {}, 122],
    ['query($n:Int){users(first:$n){a}}', { n: 30 }, 32],
    ['query($n:Int=40){users(first:$n){a}}', {}, 42],
    ['query($n:Int=40){users(first:$n){a}}', { n: 3 }, 5],
    ['query($n:Int){users(first:$n){a}}', { n: '30' }, 32],
    ['query($n:[Int]){users(ids:$n){a}}', { n: [1, 2] }, 4],
    ['query($n:Int){...F} fragment F on Q{users(first:$n){a}}', { n: 5 }, 7],
  ])('%s with %j is %i', async (query, variables, wanted) => expect(await cost(query, variables)).toBe(wanted))

  it.each([0, -5, 'x', null, {}, 0.001])('%j items make nothing cheaper than is assumed', async (n) =>
    expect(await cost('query($n:Int){users(first:$n){a}}', { n })).toBeGreaterThanOrEqual(n === 0.001 ? 3 : 52),
  )

  it('a variable that is not given costs what is assumed', async () =>
    expect(await cost('query($n:Int){users(first:$n){a}}')).toBe(52))

  it('takes a function, whose answer that is no number is too much', async () => {
    const seen: unknown[] = []
    const count: GraphqlLimitsOptions['cost'] = (field) => {
      seen.push({ ...field, arguments: { ...field.arguments } })
      return field.name === 'odd' ? Number.NaN : 1 + field.below
    }
    expect(await said('{a(b:[1 {c:D}]){d}}', { cost: count, maxCost: 2 })).toBeNull()
    expect(seen).toEqual([
      { name: 'd', arguments: {}, below: 0 },
      { name: 'a', arguments: { b: [1, { c: 'D' }] }, below: 1 },
    ])
    expect(await said('{odd}', { cost: count, maxCost: 9 })).toMatch('costs more')
  })

  it('what is past all numbers is too much, also times zero', async () => {
    const names = Array.from({ length: 1_200 }, (_, at) => `fragment F${at} on Q{...F${at + 1} ...F${at + 1}}`)
    const chain = names.slice(0, 490).join(' ')
    const huge = `{page{${'page{'.repeat(300)}...F0${'}'.repeat(300)}}} ${chain} fragment F490 on Q{a}`
    const options: GraphqlLimitsOptions = {
      maxTokens: 100_000,
      maxDepth: 1e9,
      maxFields: 1e9,
      cost: { fields: { page: { assumed: 1e9 } } },
      maxCost: 5,
    }
    expect(await said(huge, options)).not.toBeNull()
  })
})

describe('graphqlLimits at construction', () => {
  it.each([
    [{ maxDepth: 0 }, 'maxDepth'],
    [{ maxTokens: 1e6 }, 'maxTokens'],
    [{ methods: ['PUT'] }, 'methods'],
    [{ methods: [] }, 'methods'],
    [{ cost: 5 }, 'cost'],
    [{ cost: { default: -1 } }, 'cost.default'],
    [{ cost: { fields: { a: Number.NaN } } }, 'cost.fields.a'],
    [{ cost: { fields: { a: { times: 'first' } } } }, 'cost.fields.a.times'],
    [{ maxdepth: 5 }, 'maxdepth'],
  ])('%j is refused', (options, name) => expect(() => graphqlLimits(options as never)).toThrow(`"${name}"`))

  it('is a guard that needs no reply', () =>
    expect({ ...graphqlLimits() }).toMatchObject({
      stage: 'guard',
      needsReplyBody: false,
      filterName: 'graphqlLimits',
    }))
})
