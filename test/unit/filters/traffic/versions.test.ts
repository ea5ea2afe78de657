import { bytes, type Exchange, type Handler, reply, type VersionSource, versionOf, versions } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { asked } from '../../asked.js'

const teller =
  (name: string): Handler =>
  async (exchange: Exchange) =>
    reply(200, `${name} ${exchange.wire.href} ${versionOf(exchange)}`)

const handlers = { '1': teller('one'), '2': teller('two') }
const made = (from: readonly VersionSource[], usual?: string): Handler =>
  versions({ versions: handlers, from, ...(usual === undefined ? {} : { default: usual }) })

async function say(handler: Handler, target: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const answer = await handler(asked(target, { headers }))
  const text = Buffer.from(await bytes(answer.body, 1000)).toString()
  return answer.status === 200 ? text : String(answer.status)
}

describe('versions', () => {
  it.each([
    ['/v1/users?a=1', 'one /users?a=1 1'],
    ['/v2', 'two / 2'],
    ['/v3/users', '404'],
    ['/v22/users', '404'],
    ['/vendors', '400'],
    ['/users', '400'],
    ['/V1/users', '400'],
  ])('by the path: %s is %s', async (target, said) => expect(await say(made([{ path: 'v' }]), target)).toBe(said))

  it('leaves the path as it is, if told so', async () =>
    expect(await say(made([{ path: 'v', keep: true }]), '/v1/users')).toBe('one /v1/users 1'))

  it('takes the segment off what something outside has rewritten only where it still is', async () => {
    const exchange = asked('/v1/users').with({ wire: '/people' })
    const answer = await made([{ path: 'v' }])(exchange)
    expect(Buffer.from(await bytes(answer.body, 100)).toString()).toBe('one /people 1')
  })

  it.each([
    [{ accept: 'application/vnd.acme.v1+json' }, 'one'],
    [{ accept: 'Application/Vnd.Acme.V2+JSON' }, 'two'],
    [{ accept: 'application/vnd.acme+json; version=1' }, 'one'],
    [{ accept: 'application/vnd.acme.v1+json;q=0.1, application/vnd.acme.v2+json;q=0.2' }, 'two'],
    [{ accept: 'application/vnd.acme.v9+json, application/vnd.acme.v1+json;q=0.1' }, 'one'],
    [{ accept: 'application/vnd.acme.v9+json' }, '406'],
    [{ accept: 'application/vnd.acmecorp.v1+json' }, '400'],
    [{ accept: '*/*' }, '400'],
    [{}, '400'],
  ])('by the media type: %j is %s', async (headers, said) => {
    const handler = made([{ mediaType: 'application/vnd.acme' }])
    expect((await say(handler, '/', headers as never)).split(' ')[0]).toBe(said)
  })

  it('by a field or the query, the first source that names one', async () => {
    const handler = made([{ header: 'X-Api-Version' }, { query: 'v' }], '2')
    expect(await say(handler, '/a?v=2', { 'x-api-version': '1' })).toBe('one /a?v=2 1')
    expect(await say(handler, '/a?v=1')).toBe('one /a?v=1 1')
    expect(await say(handler, '/a')).toBe('two /a 2')
    expect(await say(handler, '/a?v=7')).toBe('400')
    expect(await say(handler, '/a', { 'x-api-version': '__proto__' })).toBe('400')
  })

  it('says what replies vary by, refusals included, and which versions there are', async () => {
    const handler = made([{ header: 'x-v' }, { mediaType: 'application/vnd.acme' }])
    const refused = await handler(asked('/'))
    expect(refused.headers['vary']).toBe('x-v, accept')
    expect(JSON.parse(Buffer.from(await bytes(refused.body, 1000)).toString())).toMatchObject({
      status: 400,
      supported: ['1', '2'],
    })
    expect((await made([{ path: 'v' }])(asked('/v1'))).headers['vary']).toBeUndefined()
  })

  it.each([
    [{ versions: {}, from: [{ path: 'v' }] }, 'at least one handler'],
    [{ versions: { a: 5 }, from: [{ path: 'v' }] }, 'a handler'],
    [{ versions: { 'a/b': teller('x') }, from: [{ path: 'v' }] }, 'a name of letters'],
    [{ versions: handlers, from: [] }, 'at least one source'],
    [{ versions: handlers, from: [{ cookie: 'x' }] }, '{ path }'],
    [{ versions: handlers, from: [{ path: 'v' }], default: '3' }, 'one of 1, 2'],
  ])('refuses %j', (options, allowed) => expect(() => versions(options as never)).toThrow(allowed))
})
