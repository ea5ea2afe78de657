import { createPool, type Pool } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { named } from '../../upstream/pool-kit.js'
import { apiOver } from './kit.js'

const ADDRESS = 'http://10.0.0.1:3000'
const pools = (): readonly Pool[] => [
  createPool({ name: 'users', endpoints: [ADDRESS, 'unix:/run/app.sock:/v1', 'http://[::1]:3000'] }),
  createPool({ name: 'team/db', endpoints: [{ url: 'tcp://10.0.0.2:5432', name: 'a 100% ödd?#;name' }] }),
]

describe('pools', () => {
  it('are listed, each with how many of its endpoints take traffic', async () => {
    const all = pools()
    all[0]!.maintenance(ADDRESS)
    all[0]!.setWeight('unix:/run/app.sock:/v1', 0)
    expect((await apiOver({ pools: () => all }).ask('GET /pools')).json).toEqual({
      total: 2,
      offset: 0,
      next: null,
      items: [
        { name: 'users', endpoints: 3, available: 1, queued: 0, discovers: false, href: '/pools/users' },
        { name: 'team/db', endpoints: 1, available: 1, queued: 0, discovers: false, href: '/pools/team/db' },
      ],
    })
  })

  it('are shown with their endpoints, a page at a time', async () => {
    const { ask } = apiOver({ pools: [createPool({ name: 'many', endpoints: named(...'abcdefghij') })] })
    const first = (await ask('GET /pools/many?limit=4&offset=2')).json
    expect(first).toMatchObject({
      name: 'many',
      panic: false,
      levels: [{ share: 1 }],
      endpoints: { total: 10, offset: 2 },
    })
    expect(first.endpoints.items.map(({ name }: { name: string }) => name)).toEqual(['c', 'd', 'e', 'f'])
    expect(first.endpoints.next).toBe('/pools/many?limit=4&offset=6')
    const last = (await ask('GET /pools/many?limit=4&offset=6')).json
    expect([last.endpoints.items.length, last.endpoints.next]).toEqual([4, null])
    expect((await ask('GET /pools/many?offset=50')).json.endpoints.items).toEqual([])
  })

  it('and endpoints are found by any name, as their links have it', async () => {
    const { ask } = apiOver({ pools: pools() })
    for (const { href } of (await ask('GET /pools')).json.items)
      for (const { name, href: at } of (await ask(`GET ${href}`)).json.endpoints.items) {
        const { status, json } = await ask(`GET ${at}`)
        expect([status, json.endpoint.name, json.endpoint.href]).toEqual([200, name, at])
        expect((await ask(`POST ${at}/drain`)).json.endpoint).toMatchObject({ name, mode: 'drain' })
      }
  })

  it('tell endpoints apart that differ in a slash only, where the path can say so', async () => {
    const { ask } = apiOver({ pools: [createPool({ name: 'p', endpoints: named('a/b', 'a//b') })] })
    expect((await ask('GET /pools/p/endpoints/a/b')).json.endpoint.name).toBe('a/b')
    const said = await ask('POST /actions', { pool: 'p', endpoint: 'a//b', action: 'maintenance' })
    expect(said.json.endpoint).toMatchObject({ name: 'a//b', mode: 'maintenance' })
  })

  it('take every action, by path and as data', async () => {
    const { ask, told } = apiOver({ pools: pools() })
    const at = `/pools/users/endpoints/${ADDRESS}`
    expect((await ask(`PUT ${at}/weight`, { weight: 0 })).json.endpoint.weight).toBe(0)
    expect((await ask(`PUT ${at}/weight`, { weight: 0 })).json.endpoint.weight).toBe(0)
    expect((await ask(`POST ${at}/maintenance`)).json.endpoint.state).toBe('maintenance')
    expect((await ask(`POST ${at}/ready`)).json.endpoint.state).toBe('up')
    const byData = { pool: 'team/db', endpoint: 'a 100% ödd?#;name', action: 'drain' }
    expect((await ask('POST /actions', byData)).json).toMatchObject({
      endpoint: { mode: 'drain' },
      warning: 'No endpoint of the pool "team/db" takes traffic now.',
    })
    expect(told.map(({ action, subject }) => `${action} ${subject}`)).toEqual([
      ...[
        `weight users ${ADDRESS}`,
        `weight users ${ADDRESS}`,
        `maintenance users ${ADDRESS}`,
        `ready users ${ADDRESS}`,
      ],
      'drain team/db a 100% ödd?#;name',
    ])
  })

  it.each([
    ['GET /pools/nobody', 'There is no pool "nobody".'],
    ['GET /pools/nobody/endpoints/a', 'There is no pool "nobody".'],
    ['GET /pools/users/endpoints/a', 'There is no endpoint "a".'],
    ['POST /pools/users/endpoints/a/drain', 'There is no endpoint "a".'],
    ['DELETE /pools/users/endpoints/a', 'There is no endpoint "a".'],
    ['POST /pools/nobody/endpoints/a/ready', 'There is no pool "nobody".'],
  ])('answer %s with 404', async (line, detail) => {
    expect(await apiOver({ pools: pools() }).ask(line)).toMatchObject({ status: 404, json: { detail } })
  })

  it('do what two operators ask for at once, each of it whole', async () => {
    const { ask, faults } = apiOver({ authorize: async () => true, pools: pools() })
    const at = `/pools/users/endpoints/${ADDRESS}`
    const both = await Promise.all([
      ask(`PUT ${at}/weight`, { weight: 5 }),
      ask(`POST ${at}/drain`),
      ask(`PUT ${at}/weight`, { weight: 7 }),
      ask(`POST ${at}/ready`),
    ])
    expect(both.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect((await ask(`GET ${at}`)).json.endpoint).toMatchObject({ weight: 7, mode: 'ready' })
    const removals = await Promise.all([
      ask(`DELETE ${at}`),
      ask(`DELETE ${at}`),
      ask(`PUT ${at}/weight`, { weight: 1 }),
    ])
    expect(removals.map(({ status }) => status)).toEqual([200, 404, 404])
    expect(faults).toEqual([])
  })
})
