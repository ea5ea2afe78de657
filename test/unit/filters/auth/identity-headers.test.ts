import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { authenticator, type IdentityHeaders, type PrincipalLike } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { droppedFrom, dropRaw, FoldedNames, withoutFields } from '../../../../src/filters/auth/identity-headers.js'
import { asked } from '../../asked.js'
import { meets } from './kit.js'

const written = async (identityHeaders: IdentityHeaders, like: Partial<PrincipalLike> = {}, headers = {}) => {
  const met = await meets(
    (events) => authenticator({ name: 'test', verify: () => ({ id: 'ada', ...like }), identityHeaders, events }),
    { headers },
  )
  return met.passed === null ? met.status : { ...met.passed.headers }
}

describe('identity fields', () => {
  it('say what is known of a principal', async () => {
    const fields: IdentityHeaders = {
      'X-User': 'id',
      'x-scheme': 'scheme',
      'x-roles': 'roles',
      'x-tenant': ({ claims }) => claims['tenant'] as string | undefined,
    }
    const claims = { tenant: 'acme' }
    expect(await written(fields, { roles: ['a', 'b'], claims })).toEqual({
      'x-user': 'ada',
      'x-scheme': 'test',
      'x-roles': 'a,b',
      'x-tenant': 'acme',
    })
  })

  it('H-064 are left out where there is nothing to say, whatever the client said', async () => {
    const fields: IdentityHeaders = { 'x-roles': 'roles', 'x-tenant': () => undefined }
    expect(await written(fields, {}, { 'x-roles': 'admin', 'x-tenant': 'acme', a: '1' })).toEqual({ a: '1' })
  })

  it('are UTF-8', async () => {
    expect(await written({ 'x-user': 'id' }, { id: 'Łukasz' })).toEqual({
      'x-user': Buffer.from('Łukasz').toString('latin1'),
    })
  })

  it.each<[string, Partial<PrincipalLike>]>([
    ['a line end', { id: 'ada\r\nx-admin: 1' }],
    ['NUL', { id: 'ada\0' }],
    ['a blank in front', { id: ' admin' }],
    ['a blank behind', { id: 'admin\t' }],
    ['half a character', { id: 'ada\ud800' }],
    ['a comma in a role', { id: 'ada', roles: ['user,admin'] }],
    ['a blank around a role', { id: 'ada', roles: ['user', ' admin'] }],
  ])('H-064 H-153 deny who has %s, which would be read as somebody or something else', async (_what, like) => {
    expect(await written({ 'x-user': 'id', 'x-roles': 'roles' }, like)).toBe(403)
  })

  it.each(['X_User', 'authorization', 'Host', 'x-forwarded-for', 'cookie', 'content-length', 'a b', ''])(
    'H-155 refuse %j as a name',
    (name) =>
      expect(() => authenticator({ name: 'test', verify: () => null, identityHeaders: { [name]: 'id' } })).toThrow(
        /test: option "identityHeaders".*fields of your own/,
      ),
  )

  it('H-155 refuse a value that a principal does not have', () =>
    expect(() =>
      authenticator({ name: 'test', verify: () => null, identityHeaders: { 'x-user': 'name' as 'id' } }),
    ).toThrow(/identityHeaders.x-user.*a function, or one of id, scheme/))
})

describe('fields that clients forge', () => {
  const names = new FoldedNames(['X-User', 'x.tenant'])

  it.each(['x-user', 'x_user', 'x.user', 'x-tenant', 'x.tenant', 'x_tenant', 'x~user'])(
    'H-062 H-064 are taken away as %s',
    (name) => {
      expect({ ...withoutFields(asked('/', { headers: { [name]: 'admin', a: '1' } }), names).headers }).toEqual({
        a: '1',
      })
    },
  )

  it('are not taken for others', () => {
    const exchange = asked('/', { headers: { 'x-users': '1', 'ax-user': '2', xuser: '3' } })
    expect(withoutFields(exchange, names)).toBe(exchange)
  })

  it.each(['before', 'after'])('H-064 are taken out of Node’s request, whether it was read %s', (when) => {
    const given = ['X-User', 'a', 'Host', 'a', 'x_USER', 'b', 'X-User', 'c', 'X.Tenant', 'd', 'A', '1']
    const request = new IncomingMessage(new Socket())
    // As Node’s parser fills it: what is read of it is made when it is first asked for.
    request.rawHeaders = [...given]
    Object.assign(request, {
      [Object.getOwnPropertySymbols(request).find((each) => each.description === 'kHeadersCount')!]: given.length,
    })
    if (when === 'before')
      expect([request.headers['x-user'], request.headersDistinct['x-user']]).toEqual(['a, c', ['a', 'c']])
    dropRaw(request, names)
    expect([request.rawHeaders, { ...request.headers }, { ...request.headersDistinct }]).toEqual([
      ['Host', 'a', 'A', '1'],
      { host: 'a', a: '1' },
      { host: ['a'], a: ['1'] },
    ])
    expect(droppedFrom(request).toSorted()).toEqual(['x-user', 'x-user', 'x.tenant', 'x_user'])
  })
})
