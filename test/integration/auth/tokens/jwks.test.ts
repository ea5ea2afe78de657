import { createGateway, forward, jwt, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, raw, sink, type Upstream, upstream } from '../../../support/index.js'
import { ed, jwk, minted, otherRsa, rsa } from '../../../unit/filters/auth/tokens/minting.js'
import { guarded } from './guarded.js'

const published = (...keys: readonly unknown[]): Promise<Upstream> =>
  upstream((_request, response) => response.end(JSON.stringify({ keys })))

/** Asks with each token, a connection for a hundred, all at once; waits for as many of the status. */
async function askAll(port: number, tokens: readonly string[], status: number): Promise<void> {
  const requests = tokens.map((token) => `GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n\r\n`)
  const until = (text: string): boolean => text.split(`HTTP/1.1 ${status}`).length > 100
  const connections = Array.from({ length: tokens.length / 100 }, (_, at) => requests.slice(at * 100, at * 100 + 100))
  await Promise.all(connections.map((batch) => raw(port, batch.join(''), { until, timeoutMs: 14_000 })))
}

describe('H-131 a JWK set over HTTP', () => {
  it('H-131 a thousand tokens at once with keys that nobody has make one fetch', async () => {
    await using far = await published(jwk(rsa, { kid: 'a' }))
    await using edge = await guarded((events) => jwt({ jwksUri: far.url, events }))
    const tokens = Array.from({ length: 1_000 }, (_, at) =>
      minted({}, { alg: 'EdDSA', key: ed.privateKey, header: { kid: `unknown-${at}` } }),
    )
    await askAll(edge.port, tokens, 401)
    expect([far.hits, await edge.status(minted({}, { header: { kid: 'a' } }))]).toEqual([1, 200])
  })

  it('H-131 a thousand requests that wait for the first fetch wait for one', async () => {
    const gate = Promise.withResolvers<void>()
    await using far = await upstream(async (_request, response) => {
      await gate.promise
      response.end(JSON.stringify({ keys: [jwk(rsa)] }))
    })
    await using edge = await guarded((events) => jwt({ jwksUri: far.url, events }))
    const asking = askAll(edge.port, Array(1_000).fill(minted()), 200)
    await eventually(() => far.hits === 1)
    gate.resolve()
    await asking
    expect(far.hits).toBe(1)
  })

  it('H-131 a gateway starts without its issuer, refuses meanwhile, and recovers by itself', async () => {
    const far = await published(jwk(rsa))
    await far.stop()
    const told: string[] = []
    await using edge = await guarded((events) => {
      events.on('keys', ({ change }) => told.push(change))
      return jwt({ jwksUri: far.url, events })
    })
    const answer = await edge.ask(minted())
    expect([answer.status, answer.header('retry-after')]).toEqual([503, '1'])
    await far.restart()
    await eventually(async () => (await edge.status(minted())) === 200, { timeoutMs: 10_000 })
    expect([told[0], told.at(-1)]).toEqual(['failed', 'loaded'])
    await far.stop()
  })

  it.each([
    [
      'that is slow',
      ['waitBody', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{', 'stall'],
      /no answer within 200 ms/,
    ],
    ['that ends in the middle', ['waitBody', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{', 'end'], /.+/],
    ['that is no HTTP', ['waitBody', 'hello\r\n\r\n', 'end'], /.+/],
    ['that resets', ['reset'], /.+/],
  ] as const)('H-131 an issuer %s is a 503', async (_what, script, why) => {
    await using far = await sink(script)
    await using edge = await guarded((events) => jwt({ jwksUri: far.url, jwksTimeoutMs: 200, events }))
    expect(await edge.status(minted())).toBe(503)
    expect(edge.keys[0]).toMatchObject({ change: 'failed', why: expect.stringMatching(why) })
  })

  it('H-131 a redirect is not followed', async () => {
    await using evil = await published(jwk(otherRsa))
    await using far = await upstream((_request, response) => response.writeHead(302, { location: evil.url }).end())
    await using edge = await guarded((events) => jwt({ jwksUri: far.url, events }))
    expect([await edge.status(minted({}, { key: otherRsa.privateKey })), evil.hits]).toEqual([503, 0])
  })

  it('nothing is fetched to explain', async () => {
    await using far = await published(jwk(rsa))
    const filter = jwt({ jwksUri: far.url })
    let explained: unknown
    await using edge = await guarded(() => (exchange, next) => {
      explained = filter.explain?.(exchange)
      return next(exchange)
    })
    await edge.ask(minted())
    expect([explained, far.accepted]).toMatchObject([{ verdict: 'depends', why: 'it would verify the token' }, 0])
    await filter.close?.()
  })

  it('closes with its gateway', async () => {
    await using far = await published(jwk(rsa))
    const gateway = createGateway({
      routes: [{ path: '/**', filters: [jwt({ jwksUri: far.url })], handler: async () => reply(200) }],
    })
    await gateway.ready
    await eventually(() => far.hits === 1)
    await gateway.close({ graceMs: 0 })
    await forward(far.url).close?.()
    expect(far.hits).toBe(1)
  })
})
