import {
  apiKey,
  authorize,
  basicAuth,
  cache,
  compress,
  createGateway,
  EventHub,
  type Filter,
  forward,
  http1,
} from 'edgewise'
import { describe, expect, it } from 'vitest'
import { upstream } from '../../support/index.js'
import { numbered } from '../cache/cached.js'
import { ask } from '../client.js'
import { gatewayOver } from '../front.js'

const ada = { authorization: 'Basic YWRhOng=' }
const bob = { authorization: 'Basic Ym9iOnk=' }
const guards: readonly [string, () => Filter, Record<string, string>, Record<string, string>][] = [
  ['basicAuth', () => basicAuth({ users: { ada: 'x', bob: 'y' } }), ada, bob],
  [
    'apiKey',
    () => apiKey({ keys: { a: { id: 'ada' }, b: { id: 'bob' } } }),
    { 'x-api-key': 'a' },
    { 'x-api-key': 'b' },
  ],
]

describe.each(guards)('a cache behind %s', (_what, make, one, other) => {
  const over = async (control: string) => {
    const hub = new EventHub()
    const results: string[] = []
    hub.on('cache', ({ result }) => results.push(result))
    const far = await upstream(numbered({ 'cache-control': control }))
    const gateway = { filters: [make(), cache({ events: hub })] }
    const front = await gatewayOver(http1(), [far.url], { gateway })
    return { far, front, results }
  }

  it('H-134 H-177 answers nobody from it who is not known', async () => {
    const { far, front, results } = await over('public, max-age=60')
    expect((await ask(front.port, '/', { headers: one })).status).toBe(200)
    expect((await ask(front.port, '/')).status).toBe(401)
    expect((await ask(front.port, '/', { method: 'HEAD' })).status).toBe(401)
    expect(
      (await ask(front.port, '/', { headers: { ...one, authorization: 'Basic YWRhOno=', 'x-api-key': 'c' } })).status,
    ).toBe(401)
    expect((await ask(front.port, '/', { headers: other })).body).toBe('answer 1')
    expect(results).toEqual(['miss', 'hit'])
    await front[Symbol.asyncDispose]()
    await far.stop()
  })

  it('H-177 is refused in front of it', () => {
    const [filters, handler] = [[cache(), make()], forward('http://127.0.0.1:1')]
    expect(() => createGateway({ routes: [{ path: '/**', filters, handler }] })).toThrow(
      /"cache" \(store\) stands outside/,
    )
    expect(() => createGateway({ routes: [{ path: '/**', filters: [cache(), authorize({})], handler }] })).toThrow(
      /authorize/,
    )
    return handler.close?.()
  })

  it('H-174 keeps no reply to somebody who is known, though no credential reached it, unless the upstream says that it may', async () => {
    const { far, front, results } = await over('max-age=60')
    expect((await ask(front.port, '/', { headers: one })).body).toBe('answer 1')
    expect((await ask(front.port, '/', { headers: other })).body).toBe('answer 2')
    expect(results).toEqual(['miss', 'miss'])
    await front[Symbol.asyncDispose]()
    await far.stop()
  })
})

describe('compression behind basicAuth', () => {
  it.each([
    ['cross-site', 'cross-site', false],
    ['cross-site', 'same-origin', true],
    ['credentials', 'same-origin', false],
  ] as const)('H-169 with the guard %s for %s requests: compressed %s', async (breachGuard, site, compressed) => {
    await using far = await upstream((_request, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('a'.repeat(5_000)),
    )
    const filters = [basicAuth({ users: { ada: 'x' } }), compress({ breachGuard })]
    await using front = await gatewayOver(http1(), [far.url], { gateway: { filters } })
    const headers = { ...ada, 'accept-encoding': 'gzip', 'sec-fetch-site': site }
    const answer = await ask(front.port, '/', { headers })
    expect([answer.status, answer.headers['content-encoding'] !== undefined]).toEqual([200, compressed])
  })
})
