import { fromKong, gatewayFromConfig } from 'edgewise/config'
import { ask } from 'edgewise/testing'
import { describe, expect, it } from 'vitest'
import { upstream } from '../../support/index.js'

/** A gateway of what teams run Kong for, written as decK writes it. */
const kong = (port: number, other: number): string => `
_format_version: "3.0"
_transform: true
services:
  - name: users
    host: backend
    path: /v1
    protocol: http
    retries: 1
    tags: [team-a]
    plugins:
      - name: key-auth
        config: { key_names: [x-key], hide_credentials: true }
      - name: acl
        config: { allow: [staff] }
    routes:
      - name: users
        paths: [/users]
        methods: [GET, POST]
        strip_path: true
      - name: one
        paths: ["~/people/(?<id>[^/]+)$"]
        strip_path: false
        preserve_host: true
      - name: closed
        paths: [/old]
        plugins:
          - name: request-termination
            config: { status_code: 410, message: gone }
  - name: open
    url: http://127.0.0.1:${other}
    routes:
      - name: open
        paths: [/open]
        hosts: [api.test]
        headers: { x-version: [v1, v2] }
        plugins:
          - name: rate-limiting
            config: { minute: 2, limit_by: ip, policy: local }
          - name: ip-restriction
            config: { deny: [203.0.113.0/24] }
          - name: cors
            config: { origins: ["https://app.test"], max_age: 60 }
          - name: response-transformer
            config: { add: { headers: ["x-edge:here"] } }
          - name: request-transformer
            config: { add: { headers: ["x-from:edge"], querystring: ["a:1"] }, remove: { headers: [cookie] } }
upstreams:
  - name: backend
    algorithm: round-robin
    targets:
      - target: 127.0.0.1:${port}
        weight: 100
consumers:
  - username: ann
    keyauth_credentials: [{ key: k-ann }]
    acls: [{ group: staff }]
  - username: eve
    keyauth_credentials: [{ key: k-eve }]
`

interface Seen {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

describe('a gateway of Kong’s', () => {
  it('is one here, down to who may and what is sent', async () => {
    await using far = await upstream()
    await using other = await upstream()
    const { config } = fromKong(kong(far.port, other.port))
    await using gateway = await gatewayFromConfig(config)
    const get = (path: string, headers: Record<string, string> = {}, odd: object = {}) =>
      ask(gateway, path, { headers, ...odd })

    expect((await get('/users/7')).status).toBe(401)
    expect((await get('/users/7', { 'x-key': 'k-eve' })).status).toBe(403)
    const mine = await get('/users/7?q=1', { 'x-key': 'k-ann', host: 'edge.test' })
    const seen = (await mine.json()) as Seen
    expect([mine.status, seen.url, seen.headers['host'], seen.headers['x-key']]).toEqual([
      200,
      '/v1/7?q=1',
      `127.0.0.1:${far.port}`,
      undefined,
    ])
    expect((await get('/users/7', { 'x-key': 'k-ann' }, { method: 'DELETE' })).status).toBe(405)
    const one = (await (await get('/people/7', { 'x-key': 'k-ann', host: 'edge.test' })).json()) as Seen
    expect([one.url, one.headers['host']]).toEqual(['/v1/people/7', 'edge.test'])
    expect((await get('/people/7/x', { 'x-key': 'k-ann' })).status).toBe(404)
    const old = await get('/old/x', { 'x-key': 'k-ann' })
    expect([old.status, await old.json()]).toEqual([410, { message: 'gone' }])
    expect((await get('/old/x')).status).toBe(401)
  })

  it('matches, limits and changes as Kong does', async () => {
    await using far = await upstream()
    await using other = await upstream()
    await using gateway = await gatewayFromConfig(fromKong(kong(far.port, other.port)).config)
    const client = { host: 'api.test' }
    const get = (path: string, headers: Record<string, string> = {}, address = '192.0.2.1') =>
      ask(gateway, path, { headers, client: { ...client, address } })

    expect((await get('/open/x')).status).toBe(404)
    expect((await get('/open/x', { 'x-version': 'v12' })).status).toBe(404)
    expect((await get('/open/x', { 'x-version': 'v1' }, '203.0.113.9')).status).toBe(403)
    const first = await get('/open/x', { 'x-version': 'V2', cookie: 'a=1', origin: 'https://app.test' })
    const seen = (await first.json()) as Seen
    expect([seen.url, seen.headers['x-from'], seen.headers['cookie']]).toEqual(['/x?a=1', 'edge', undefined])
    expect([first.headers['x-edge'], first.headers['access-control-allow-origin']]).toEqual([
      'here',
      'https://app.test',
    ])
    expect((await get('/open/x', { 'x-version': 'v1' })).status).toBe(200)
    expect((await get('/open/x', { 'x-version': 'v1' })).status).toBe(429)
  })

  it('lets tokens in that its consumers’ secrets sign, and no others', async () => {
    const { SignJWT } = await import('jose')
    await using far = await upstream()
    const { config } = fromKong({
      _format_version: '3.0',
      services: [
        {
          name: 'a',
          url: far.url,
          plugins: [{ name: 'jwt', config: { claims_to_verify: ['exp'] } }],
          routes: [{ paths: ['/'] }],
        },
      ],
      consumers: ['ann', 'bob'].map((username) => ({
        username,
        jwt_secrets: [
          { key: `iss-${username}`, secret: `a secret of ${username}'s that is long enough`, algorithm: 'HS256' },
        ],
      })),
    })
    await using gateway = await gatewayFromConfig(config)
    const token = (owner: string, signer: string): Promise<string> =>
      new SignJWT({ iss: `iss-${owner}` })
        .setProtectedHeader({ alg: 'HS256' })
        .setExpirationTime('1m')
        .sign(Buffer.from(`a secret of ${signer}'s that is long enough`))
    const status = async (bearer: string): Promise<number> =>
      (await ask(gateway, '/', { headers: { authorization: `Bearer ${bearer}` } })).status
    expect(await status(await token('ann', 'ann'))).toBe(200)
    expect(await status(await token('bob', 'bob'))).toBe(200)
    expect(await status(await token('ann', 'bob'))).toBe(401)
    expect(await status(await token('eve', 'ann'))).toBe(401)
  })
})
