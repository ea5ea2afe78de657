import { createPool, type EndpointList, type Pool } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { good, named, take } from '../../upstream/pool-kit.js'
import { apiOver } from './kit.js'

const users = (): Pool => createPool({ name: 'users', endpoints: named('a', 'b') })
const ENDPOINTS = '/pools/users/endpoints'

describe('membership', () => {
  it('takes an endpoint in, says where it is, and lets it go again', async () => {
    const pool = users()
    const { ask, told } = apiOver({ pools: [pool] })
    const added = await ask(
      `POST ${ENDPOINTS}`,
      { url: 'http://10.0.0.9:80/', weight: 3, zone: 'b' },
      { base: '/edge' },
    )
    expect(added).toMatchObject({ status: 201, json: { endpoint: { name: 'http://10.0.0.9', weight: 3, zone: 'b' } } })
    expect(added.headers['location']).toBe(`/edge${ENDPOINTS}/http://10.0.0.9`)
    expect(pool.endpoints).toHaveLength(3)
    const removed = await ask(`DELETE ${ENDPOINTS}/http://10.0.0.9`)
    expect(removed).toMatchObject({ status: 200, json: { endpoint: { mode: 'drain', inFlight: 0 } } })
    expect(pool.endpoints).toHaveLength(2)
    expect(told.map(({ action, subject, result }) => [action, subject, result])).toEqual([
      ['add', 'users http://10.0.0.9', 'done'],
      ['remove', 'users http://10.0.0.9', 'done'],
    ])
  })

  it.each<[object, number, string]>([
    [{}, 400, '"url" is missing'],
    [{ url: 'ftp://a' }, 400, 'http:, https:, unix: or tcp:'],
    [{ url: 'http://user:secret@a' }, 400, 'without user information'],
    [{ url: 'http://a', handler: 'x' }, 400, 'unknown option "handler"'],
    [{ url: 'http://a', weight: 65_536 }, 400, 'from 0 to 65535'],
    [{ url: 'http://a', host: 'a b' }, 400, 'a host name'],
    [{ url: 'tcp://10.0.0.1:1' }, 400, 'layer 4'],
    [{ url: 'http://a', name: 'b' }, 409, 'has an endpoint "b" already'],
  ])('answers %o with %i', async (body, status, why) => {
    const pool = users()
    const said = await apiOver({ pools: [pool] }).ask(`POST ${ENDPOINTS}`, body)
    expect(said).toMatchObject({ status, json: { detail: expect.stringContaining(why) } })
    expect(JSON.stringify(said.json)).not.toContain('secret')
    expect(pool.endpoints).toHaveLength(2)
  })

  it('keeps a layer 4 pool to layer 4', async () => {
    const { ask } = apiOver({ pools: [createPool({ name: 'users', endpoints: ['tcp://10.0.0.1:1'] })] })
    expect((await ask(`POST ${ENDPOINTS}`, { url: 'http://10.0.0.1' })).status).toBe(400)
    expect((await ask(`POST ${ENDPOINTS}`, { url: 'tcp://10.0.0.2:1' })).status).toBe(201)
  })

  it('waits for nothing: who is removed has its last requests still, to the deadline', async () => {
    const pool = users()
    const lease = take(pool)
    const { ask } = apiOver({ pools: [pool] })
    const left = await ask(`DELETE ${ENDPOINTS}/${lease.endpoint.name}?keepTunnels=true&deadlineMs=60000`)
    expect(left).toMatchObject({ status: 200, json: { endpoint: { inFlight: 1, mode: 'drain' } } })
    const last = await ask(`DELETE ${ENDPOINTS}/${pool.endpoints[0]!.name}`)
    expect(last.json.warning).toBe('No endpoint of the pool "users" takes traffic now.')
    lease.release(good)
    expect((await ask(`DELETE ${ENDPOINTS}/a?deadlineMs=soon`)).status).toBe(400)
  })

  it('is left to discovery where there is one, and drains as anywhere', async () => {
    const lists = Promise.withResolvers<EndpointList>()
    const pool = createPool({
      name: 'users',
      discovery: (async function* () {
        yield await lists.promise
      })(),
    })
    lists.resolve(['http://10.0.0.1'])
    await pool.discovered
    const { ask } = apiOver({ pools: [pool] })
    const refused = { status: 409, json: { detail: expect.stringContaining('Discovery says which endpoints') } }
    expect(await ask(`POST ${ENDPOINTS}`, { url: 'http://10.0.0.2' })).toMatchObject(refused)
    expect(await ask(`DELETE ${ENDPOINTS}/http://10.0.0.1`)).toMatchObject(refused)
    expect((await ask(`POST ${ENDPOINTS}/http://10.0.0.1/drain`)).json.endpoint.mode).toBe('drain')
    expect((await ask('GET /pools/users')).json.discovers).toBe(true)
    await pool.close()
  })
})
