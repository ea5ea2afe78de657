import { ban, cache, compose, createGateway, createPool, EventHub, maintenance, openapi, respond } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { named } from '../../upstream/pool-kit.js'
import { apiOver, say } from './kit.js'

const everything = () =>
  apiOver({
    pools: [createPool({ name: 'users', endpoints: named('a', 'b') })],
    bans: ban(),
    caches: cache(),
    gateways: createGateway({ routes: [{ path: '/', handler: respond() }] }),
    loggers: { level: 'info' },
    reload: () => {},
    maintenance: maintenance(),
    certificates: { reload: async () => true },
  })

describe('the description of the API', () => {
  it('has every address that the index has, each with a name of its own', async () => {
    const { ask } = everything()
    const { operations } = (await ask('GET /')).json
    const { paths, servers, openapi: version } = (await ask('GET /openapi.json', undefined, { base: '/edge' })).json
    expect([version, servers]).toEqual(['3.1.0', [{ url: '/edge' }]])
    const described = Object.entries<Record<string, { operationId: string }>>(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, { operationId }]) => [`${method.toUpperCase()} ${path}`, operationId] as const,
      ),
    )
    expect(described.map(([line]) => line).toSorted()).toEqual(
      operations.map(({ method, path }: { method: string; path: string }) => `${method} ${path}`).toSorted(),
    )
    expect(new Set(described.map(([, name]) => name)).size).toBe(described.length)
    expect(described.map(([line]) => line).toSorted()).toEqual([
      'DELETE /bans',
      'DELETE /pools/{pool}/endpoints/{endpoint}',
      'GET /',
      'GET /bans',
      'GET /gateways',
      'GET /log-level',
      'GET /maintenance',
      'GET /openapi.json',
      'GET /pools',
      'GET /pools/{pool}',
      'GET /pools/{pool}/endpoints/{endpoint}',
      'GET /routes',
      'POST /actions',
      'POST /bans',
      'POST /cache/purge',
      'POST /certificates/reload',
      'POST /maintenance',
      'POST /pools/{pool}/endpoints',
      'POST /pools/{pool}/endpoints/{endpoint}/drain',
      'POST /pools/{pool}/endpoints/{endpoint}/maintenance',
      'POST /pools/{pool}/endpoints/{endpoint}/ready',
      'POST /reload',
      'PUT /log-level',
      'PUT /pools/{pool}/endpoints/{endpoint}/weight',
    ])
  })

  it.each<[string, unknown, number]>([
    ['GET /pools', undefined, 200],
    ['GET /pools?limit=5&offset=0', undefined, 200],
    ['GET /pools?limit=0', undefined, 400],
    ['GET /pools?pages=1', undefined, 400],
    ['GET /pools/users', undefined, 200],
    ['PATCH /pools/users', {}, 405],
    ['GET /nothing', undefined, 404],
    ['POST /pools/users/endpoints/a/drain', undefined, 200],
    ['POST /pools/users/endpoints/a/drain', { deadlineMs: 60_000 }, 200],
    ['POST /pools/users/endpoints/a/drain', { deadlineMs: 0 }, 400],
    ['POST /pools/users/endpoints/a/drain', { deadline: 5 }, 400],
    ['PUT /pools/users/endpoints/a/weight', { weight: 65_535 }, 200],
    ['PUT /pools/users/endpoints/a/weight', { weight: 65_536 }, 400],
    ['PUT /pools/users/endpoints/a/weight', {}, 400],
    ['DELETE /pools/users/endpoints/b?keepTunnels=true', undefined, 200],
    ['DELETE /pools/users/endpoints/b?keepTunnels=yes', undefined, 400],
    ['POST /actions', { pool: 'users', endpoint: 'a', action: 'ready' }, 200],
    ['POST /actions', { pool: 'users', endpoint: 'a', action: 'stop' }, 400],
    ['POST /bans', { key: '192.0.2.1', banMs: 1_000 }, 200],
    ['POST /bans', { key: '', banMs: 1_000 }, 400],
    ['DELETE /bans', undefined, 400],
    ['POST /cache/purge', { tag: 'a' }, 200],
    ['POST /cache/purge', { tags: ['a'] }, 400],
    ['PUT /log-level', { level: 'debug' }, 200],
    ['POST /maintenance', { active: 'no' }, 400],
    ['POST /reload', undefined, 200],
  ])('has a validator take %s %o as the API itself does: %i', async (line, body, status) => {
    const bare = everything()
    expect((await bare.ask(line, body)).status).toBe(status)
    const document = (await bare.ask('GET /openapi.json')).json
    const validated = compose(openapi({ document, unknownQuery: 'deny', events: new EventHub() }), everything().handler)
    expect((await say(validated, line, body)).status).toBe(status)
    const judged = compose(openapi({ document, unknownQuery: 'deny', events: new EventHub() }), respond({ json: {} }))
    expect((await say(judged, line, body)).status).toBe(status)
  })
})
