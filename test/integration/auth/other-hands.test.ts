import {
  type Authenticator,
  anyOf,
  apiKey,
  basicAuth,
  createGateway,
  createPool,
  forward,
  type Gateway,
  mirror,
  type Pool,
} from 'edgewise'
import { describe, expect, it } from 'vitest'
import { node } from '../../adapters/harness/node.js'
import { eventually, freePort, type Upstream, upstream, wsConnect, wsEcho } from '../../support/index.js'
import { ask } from '../client.js'

const authorization = 'Basic YWRhOng='
const users = { ada: 'x' }
const keys = { key: { id: 'acme' } }
type Kept = boolean | 'everywhere'

const guards = (keepCredential: Kept): Authenticator =>
  anyOf(apiKey({ keys, query: 'key', cookie: 'key', keepCredential }), basicAuth({ users, keepCredential }))

/** A pool whose only endpoint is down, in front of one of somebody else's. */
function failingOver(spareUrl: string, deadUrl: string): Pool {
  const fallback = createPool({ name: 'spare', endpoints: [spareUrl] })
  return createPool({ name: 'own', endpoints: [deadUrl], fallback })
}

const gatewayOver = (pool: Pool, keepCredential: Kept): Gateway =>
  createGateway({ routes: [{ path: '/**', filters: [guards(keepCredential)], handler: forward({ pool }) }] })

const deadUrl = async (): Promise<string> => `http://127.0.0.1:${await freePort()}`

const shownTo = ({ requests }: Pick<Upstream, 'requests'>) => {
  const { url, headers } = requests.at(-1)!
  return [url, headers.authorization, headers['x-api-key'], headers.cookie]
}

describe('a credential after a failover', () => {
  const ways = [
    {
      headers: { authorization },
      path: '/x',
      shown: ['/x', authorization, undefined, undefined],
      bare: ['/x', undefined, undefined, undefined],
    },
    {
      headers: { 'x-api-key': 'key' },
      path: '/x',
      shown: ['/x', undefined, 'key', undefined],
      bare: ['/x', undefined, undefined, undefined],
    },
    {
      headers: { cookie: 'a=1; key=key' },
      path: '/x',
      shown: ['/x', undefined, undefined, 'a=1; key=key'],
      bare: ['/x', undefined, undefined, 'a=1'],
    },
    {
      headers: {},
      path: '/x?a=1&key=key',
      shown: ['/x?a=1&key=key', undefined, undefined, undefined],
      bare: ['/x?a=1', undefined, undefined, undefined],
    },
  ] as const

  it.each(ways)('H-135 goes to no fallback pool: $headers $path', async ({ headers, path, shown, bare }) => {
    await using spare = await upstream()
    for (const [kept, seen] of [
      [false, bare],
      [true, bare],
      ['everywhere', shown],
    ] as const) {
      const pool = failingOver(spare.url, await deadUrl())
      await using app = await node.listen(gatewayOver(pool, kept))
      expect((await ask(app.port, path, { headers })).status).toBe(200)
      expect(shownTo(spare)).toEqual(seen)
      await pool.close()
    }
  })

  it('H-135 goes to every endpoint of the route’s own pool, if it is kept', async () => {
    await using other = await upstream()
    for (const kept of [false, true] as const) {
      const pool = createPool({ name: 'own', endpoints: [{ url: await deadUrl() }, { url: other.url, priority: 1 }] })
      await using app = await node.listen(gatewayOver(pool, kept))
      expect((await ask(app.port, '/x', { headers: { authorization } })).status).toBe(200)
      expect(shownTo(other)).toEqual(['/x', kept ? authorization : undefined, undefined, undefined])
      await pool.close()
    }
  })

  it('H-135 goes to no fallback pool with a WebSocket either', async () => {
    await using spare = await wsEcho()
    for (const [kept, seen] of [
      [true, undefined],
      ['everywhere', authorization],
    ] as const) {
      const pool = failingOver(spare.url.replace('ws:', 'http:'), await deadUrl())
      await using app = await node.listen(gatewayOver(pool, kept))
      const socket = await wsConnect(`ws://127.0.0.1:${app.port}/x`, { headers: { authorization } })
      expect(spare.requests.at(-1)?.headers.authorization).toBe(seen)
      socket.terminate()
      await pool.close()
    }
  })

  it('H-135 is not mirrored', async () => {
    await using own = await upstream()
    await using shadow = await upstream()
    const filters = [guards(true), mirror({ to: forward(shadow.url) })]
    const gateway = createGateway({ routes: [{ path: '/**', filters, handler: forward(own.url) }] })
    await using app = await node.listen(gateway)
    expect((await ask(app.port, '/x?key=key', {})).status).toBe(200)
    await eventually(() => shadow.hits === 1)
    expect([shownTo(own)[0], shownTo(shadow)[0]]).toEqual(['/x?key=key', '/x'])
  })

  it('H-155 needs to tell the pools apart by name', () => {
    const fallback = createPool({ name: 'own', endpoints: ['http://127.0.0.1:1'] })
    expect(() => createPool({ name: 'own', endpoints: ['http://127.0.0.1:1'], fallback })).toThrow(
      /a pool of another name/,
    )
    return fallback.close()
  })
})
