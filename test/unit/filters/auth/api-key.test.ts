import { createHash } from 'node:crypto'
import { type ApiKeyOptions, apiKey } from 'edgewise'
import { describe, expect, it } from 'vitest'
import type { Asked } from '../../asked.js'
import { challengesIn, type Met, meets } from './kit.js'

const KEY = 'k-0123456789abcdef'
const keys = { [KEY]: { id: 'acme', roles: ['partner'] }, other: { id: 'other' } }

const shows = (options: Partial<ApiKeyOptions>, given: Asked, target?: string): Promise<Met> =>
  meets((events) => apiKey({ keys, events, ...options }), given, target)

const header = (value: string | readonly string[]): Asked => ({ headers: { 'x-api-key': value } })

describe('an API key', () => {
  it.each<[string, Partial<ApiKeyOptions>, Asked, string]>([
    ['in its field', {}, header(KEY), '/x'],
    ['in a field of another name', { header: 'X-Key' }, { headers: { 'x-key': KEY } }, '/x'],
    ['in Authorization', { scheme: 'ApiKey' }, { headers: { authorization: `aPIkEY ${KEY}` } }, '/x'],
    ['in the query', { query: 'api_key' }, {}, `/x?a=1&api_key=${KEY}`],
    ['in the query, its name escaped', { query: 'api_key' }, {}, `/x?api%5Fkey=${KEY.replace('-', '%2D')}`],
    ['in a cookie', { cookie: 'key' }, { headers: { cookie: `a=1; key=${KEY}` } }, '/x'],
    ['of a list', { keys: [{ key: KEY, id: 'acme' }] }, header(KEY), '/x'],
    [
      'of which only the digest is known',
      { keys: [{ key: `sha256:${createHash('sha256').update(KEY).digest('hex')}`, id: 'acme' }] },
      header(KEY),
      '/x',
    ],
  ])('%s', async (_what, options, given, target) => {
    const met = await shows(options, given, target)
    expect([met.status, met.who]).toEqual([200, 'acme'])
  })

  it.each<[string, Partial<ApiKeyOptions>, Asked, string]>([
    ['nowhere', {}, {}, 'no credential'],
    ['in a query that is not configured', {}, { headers: {} }, 'no credential'],
    ['in a cookie that is not configured', {}, { headers: { cookie: `x-api-key=${KEY}` } }, 'no credential'],
    ['in Authorization, which is not configured', {}, { headers: { authorization: `ApiKey ${KEY}` } }, 'no credential'],
    ['of another scheme', { scheme: 'ApiKey' }, { headers: { authorization: `ApiKeys ${KEY}` } }, 'no credential'],
    ['of nobody', {}, header('k-0123456789abcdeg'), 'nobody has this key'],
    ['that is empty', {}, header(''), 'malformed'],
    ['with a blank', {}, header('a b'), 'malformed'],
    ['beyond ASCII', {}, header('k\xff'), 'malformed'],
    ['behind two spaces', { scheme: 'ApiKey' }, { headers: { authorization: `ApiKey  ${KEY}` } }, 'malformed'],
    ['that a scheme alone is', { scheme: 'ApiKey' }, { headers: { authorization: 'ApiKey' } }, 'malformed'],
    ['that is a digest', {}, header(createHash('sha256').update(KEY).digest('hex')), 'nobody has this key'],
    ['of Object’s', {}, header('constructor'), 'nobody has this key'],
  ])('H-132 %s is denied', async (_what, options, given, why) => {
    const met = await shows(options, given, `/x?api_key=${KEY}`)
    expect([met.status, met.who]).toEqual([401, undefined])
    expect(met.why.join()).toContain(why)
    expect(challengesIn(met.reply)).toEqual(['ApiKey realm="api"'])
  })

  it.each([0, 1, 31, 32, 33, 100, 8_192, 2 ** 20])(
    'H-132 of %i bytes is denied, and nothing breaks',
    async (length) => {
      expect((await shows({}, header('k'.repeat(length)))).status).toBe(401)
    },
  )

  const everywhere = { header: 'x-api-key', scheme: 'ApiKey', query: 'api_key', cookie: 'key' } as const
  it.each<[string, Asked, string]>([
    ['two fields', header(`${KEY}, ${KEY}`), '/x'],
    ['two fields, apart', header([KEY, KEY]), '/x'],
    ['an empty one and another', header(`, ${KEY}`), '/x'],
    ['a field and a parameter', header(KEY), `/x?api_key=${KEY}`],
    ['a field and a parameter of another’s', header(KEY), '/x?api_key=other'],
    ['a field and a scheme', { headers: { 'x-api-key': KEY, authorization: `ApiKey ${KEY}` } }, '/x'],
    ['a field and a cookie', { headers: { 'x-api-key': KEY, cookie: `key=${KEY}` } }, '/x'],
    ['two parameters', {}, `/x?api_key=${KEY}&api_key=${KEY}`],
    ['two parameters, one in disguise', {}, `/x?api_key=${KEY}&api%5fkey=other`],
    ['a parameter without a value', {}, `/x?api_key=${KEY}&api_key`],
    ['two cookies', { headers: { cookie: `key=${KEY}; key=other` } }, '/x'],
    ['two cookies, one with blanks', { headers: { cookie: `key=${KEY};  key =other` } }, '/x'],
  ])('H-026 given twice is denied: %s', async (_what, given, target) => {
    const met = await shows(everywhere, given, target)
    expect([met.status, met.why]).toEqual([401, ['more than one key']])
  })

  it.each<[string, Asked, string, object, string]>([
    [
      'a field, in any spelling',
      { headers: { 'x-api-key': KEY, x_api_key: 'other', 'x.api.key': '3', a: '1' } },
      '/x?b=1',
      { a: '1' },
      '/x?b=1',
    ],
    ['a scheme', { headers: { authorization: `ApiKey ${KEY}` } }, '/x', {}, '/x'],
    [
      'a cookie among others',
      { headers: { cookie: `a=1; key=${KEY}; b="x; y"` } },
      '/x',
      { cookie: 'a=1; b="x; y"' },
      '/x',
    ],
    ['the first cookie', { headers: { cookie: `key=${KEY}; b=2` } }, '/x', { cookie: 'b=2' }, '/x'],
    ['the only cookie', { headers: { cookie: `key=${KEY}` } }, '/x', {}, '/x'],
    ['a parameter among others', {}, `/x?a=%2f&api%5Fkey=${KEY}&b&=c`, {}, '/x?a=%2f&b&=c'],
    ['the only parameter', {}, `/x?api_key=${KEY}`, {}, '/x'],
  ])('H-129 H-135 is taken away upstream: %s', async (_what, given, target, headers, wire) => {
    const { passed } = await shows(everywhere, given, target)
    expect([{ ...passed?.headers }, passed?.wire.href, passed?.target.href]).toEqual([headers, wire, target])
    const kept = await shows({ ...everywhere, keepCredential: 'everywhere' }, given, target)
    expect([{ ...kept.passed?.headers }, kept.passed?.wire.href]).toEqual([given.headers ?? {}, target])
  })

  it('tells listeners what was wrong, and never what was sent', async () => {
    const { events } = await shows({}, header('hunter2'))
    expect(JSON.stringify(events.map(({ filter, status, why }) => ({ filter, status, why })))).not.toContain('hunter2')
  })
})

describe('a look-up of keys', () => {
  const lookup = async (key: string) => (key === KEY ? { id: 'acme' } : null)

  it('says whose key it is', async () => {
    expect((await shows({ keys: undefined, lookup }, header(KEY))).who).toBe('acme')
    expect((await shows({ keys: undefined, lookup }, header('x'))).status).toBe(401)
  })

  it('is not asked for what is no key, and lets nobody pass when it fails', async () => {
    const failing = (): never => {
      throw new Error(KEY)
    }
    expect((await shows({ keys: undefined, lookup: failing }, header('a, b'))).status).toBe(401)
    const failure = await shows({ keys: undefined, lookup: failing }, header(KEY)).catch((error) => error)
    expect(failure).toMatchObject({ code: 'ERR_EDGE_VERIFIER', status: 500 })
    expect(failure.message).not.toContain(KEY)
  })
})

it.each<[unknown, RegExp]>([
  [{}, /one of "keys" and "lookup"/],
  [{ keys: {} }, /at least one key/],
  [{ keys: { 'a,b': { id: 'a' } } }, /"keys\[0\].key" is undefined; allowed: visible ASCII without comma/],
  [{ keys: { '': { id: 'a' } } }, /"keys\[0\].key" is undefined/],
  [{ keys: [{ key: 's3cret' }] }, /"keys\[0\]" is undefined.*non-empty text as its id/],
  [
    {
      keys: [
        { key: 'a', id: 'a' },
        { key: 'a', id: 'b' },
      ],
    },
    /a key that no other entry has/,
  ],
  [{ keys: { a: { id: 'a' } }, header: false }, /a place for the key/],
  [{ keys: { a: { id: 'a' } }, header: 'authorization' }, /a field of its own/],
  [{ keys: { a: { id: 'a' } }, header: 'x_key' }, /a field of its own/],
  [{ keys: { a: { id: 'a' } }, identityHeaders: { 'X-Api-Key': 'id' } }, /another field than the key’s/],
])('H-155 apiKey refuses %j, and shows no key', (options, message) => {
  expect(() => apiKey(options as never)).toThrow(message)
  expect(() => apiKey(options as never)).not.toThrow(/s3cret/)
})
