import { createPool, type Pool } from 'edgewise'
import { createTcpBalancer } from 'edgewise/tcp'
import { afterAll, describe, expect, it } from 'vitest'

const pools: Pool[] = []
const poolOf = (...endpoints: string[]): Pool => {
  const pool = createPool({ name: 'p', endpoints })
  pools.push(pool)
  return pool
}
afterAll(() => Promise.all(pools.map((pool) => pool.close())))

describe('createTcpBalancer', () => {
  const pool = poolOf('tcp://127.0.0.1:9', 'unix:/run/x.sock')

  it.each([
    ['no pool', {}, /"pool" is undefined; allowed: either a pool, or pools by host name/],
    ['both', { pool, routes: { default: pool } }, /either a pool, or pools by host name/],
    ['something else as pool', { pool: {} }, /"pool" is an object; allowed: a pool/],
    ['http: endpoints', { pool: poolOf('http://127.0.0.1:9') }, /http:\/\/127.0.0.1:9.*allowed: tcp:\/\/host:port/],
    ['https: endpoints by name', { routes: { 'a.b': poolOf('https://127.0.0.1:9') } }, /allowed: tcp:\/\/host:port/],
    ['a Unix socket with a path', { pool: poolOf('unix:/run/x.sock:/prefix') }, /or unix:\/path/],
    ['no routes', { routes: {} }, /"routes".*pools by host name/],
    ['a route to nowhere', { routes: { 'a.b': 'tcp://127.0.0.1:9' } }, /"routes".*a pool/],
    [
      'plaintext to a default that is not there',
      { routes: { 'a.b': pool }, plaintext: 'default' },
      /no routes.default/,
    ],
    ['plaintext without routes', { pool, plaintext: 'default' }, /no routes.default/],
    ['an unknown version', { pool, sendProxyProtocol: 'v3' }, /'v1', 'v2'/],
    ['nobody to trust', { pool, proxyProtocol: { from: [] } }, /"from"/],
    [
      'an unknown option of proxyProtocol',
      { pool, proxyProtocol: { from: ['::1'], trusted: true } },
      /unknown option "trusted"/,
    ],
    ['a misspelt option', { pool, idleTimeout: 5 }, /Did you mean "idleTimeoutMs"/],
    ['NaN', { pool, connectTimeoutMs: Number.NaN }, /"connectTimeoutMs" is NaN/],
    ['no attempts', { pool, maxConnectAttempts: 0 }, /"maxConnectAttempts" is 0/],
    ['too small a limit', { pool, prereadLimit: 1 }, /"prereadLimit" is 1/],
    ['a negative limit', { pool, maxConnections: -1 }, /"maxConnections" is -1/],
  ])('refuses %s', (_what, options, message) => {
    expect(() => createTcpBalancer(options as never)).toThrow(message)
  })

  it('shares a pool with other balancers', async () => {
    await using one = createTcpBalancer({ pool })
    await using two = createTcpBalancer({ routes: { 'a.b': pool, default: pool } })
    expect([one.connections, two.connections]).toEqual([0, 0])
    expect(() => one.close({ graceMs: -1 })).toThrow(/graceMs/)
  })
})
