import {
  EdgeError,
  type Exchange,
  errorPages,
  forward,
  replyHeaders,
  requestHeaders,
  rewriteLocation,
  rewriteMethod,
  rewritePath,
  rewriteQuery,
} from 'edgewise'
import { describe, expect, it } from 'vitest'
import { faultyUpstream, oneMessage, raw, sink, status, upstream } from '../../support/index.js'
import { ask } from '../client.js'
import { gatewayOver, transports } from '../front.js'

describe.each(transports)('rewriting over %s', (_name, make) => {
  it('H-153 what reaches the upstream is one message, with nothing but what rules made of it', async () => {
    await using far = await sink()
    const filters = [
      rewritePath({ pattern: '/u/:id', to: '/people/{params.id}?from={headers.x-from}' }),
      rewriteQuery({ append: { agent: '{headers.user-agent}' } }),
      rewriteMethod({ from: ['GET'], to: 'POST' }),
      requestHeaders({ set: { 'x-user': '{cookies.user}' }, rename: { 'x-old': 'x-new' }, remove: ['cookie'] }),
    ]
    await using front = await gatewayOver(make(), [far.url], { gateway: { filters } })
    const head = [
      'GET /u/a%20b?q=1 HTTP/1.1',
      'Host: a.test',
      'X-From: x HTTP/1.1&admin=1#y',
      'User-Agent: caf\xe9 & co',
      'Cookie: sid=1; user=me',
      'X-Old: moved',
    ]
    await raw(front.port, `${head.join('\r\n')}\r\n\r\n`, { until: 'ok' })
    const got = oneMessage(far.connections[0]!.received)
    expect([got.method, got.target]).toEqual([
      'POST',
      '/people/a%20b?from=x%20HTTP%2F1.1%26admin%3D1%23y&q=1&agent=caf%C3%A9%20%26%20co',
    ])
    expect([got.header('x-user'), got.header('cookie'), got.header('x-new'), got.header('x-old')]).toEqual([
      'me',
      undefined,
      'moved',
      undefined,
    ])
  })

  it.each([
    ['a reply rule that throws', { forward: { replyHeaders: { set: { a: boom } } } }],
    ['a reply rule that makes nonsense', { forward: { replyHeaders: { set: { a: () => 'x\r\ny' } } } }],
    ['a request rule that throws', { forward: { requestHeaders: { set: { a: boom } } } }],
    ['a filter’s rule that throws', { gateway: { filters: [replyHeaders({ set: { a: boom } })] } }],
  ])('H-096 %s is a 500, and not held against the upstream, whose lease comes back', async (_what, options) => {
    await using far = await upstream()
    await using front = await gatewayOver(make(), [far.url], options)
    for (let time = 0; time < 3; time++) expect((await ask(front.port)).status).toBe(500)
    await front.atRest()
    expect(front.attempts.filter(({ countsAgainst }) => countsAgainst)).toEqual([])
    expect(far.hits).toBeLessThanOrEqual(3)
  })

  it('an error page is the client’s; the outcome still tells what failed', async () => {
    await using far = await faultyUpstream('refuse')
    const filters = [errorPages({ pages: { '5xx': { text: 'sorry' } } })]
    await using front = await gatewayOver(make(), [far.url], { gateway: { filters } })
    const answer = await ask(front.port)
    expect([answer.status, answer.body]).toEqual([502, 'sorry'])
    await front.atRest()
    expect(front.outcomes).toMatchObject([
      { status: 502, error: { code: 'ERR_EDGE_CONNECT' }, termination: { who: 'upstream' } },
    ])
  })

  it('an error page in place of a long reply gives the connection up, and the lease back', async () => {
    await using far = await upstream((_request, response) => {
      response.writeHead(500, { 'content-length': 100_000_000 })
      response.write(Buffer.alloc(1_000_000))
    })
    const filters = [errorPages({ pages: { 500: { text: 'sorry' } } })]
    await using front = await gatewayOver(make(), [far.url], { gateway: { filters } })
    for (let time = 0; time < 5; time++) expect((await ask(front.port)).body).toBe('sorry')
    await front.atRest()
  })

  it('a page may come from elsewhere, and keeps the status of what it stands for', async () => {
    await using far = await upstream(status(404))
    await using other = await upstream()
    const pages = forward(other.url, { transport: make() })
    const page = (_trouble: unknown, exchange: Exchange) => pages(exchange.with({ wire: '/none.html' }))
    await using front = await gatewayOver(make(), [far.url], {
      gateway: { filters: [errorPages({ pages: { 404: page } })] },
    })
    const answer = await ask(front.port)
    expect([answer.status, JSON.parse(answer.body).url]).toEqual([404, '/none.html'])
    await pages.close!()
  })

  it('Location of whichever endpoint answered is the client’s, after a retry and with a hedge, too', async () => {
    const redirects = (port: () => number) =>
      upstream((_request, response) => {
        response.writeHead(302, { location: `http://127.0.0.1:${port()}/y` }).end()
      })
    await using dead = await faultyUpstream('refuse')
    const ports: number[] = []
    await using first = await redirects(() => ports[0]!)
    await using second = await redirects(() => ports[1]!)
    ports.push(first.port, second.port)
    await using front = await gatewayOver(make(), [dead.url, first.url, second.url], {
      gateway: { filters: [rewriteLocation()] },
      forward: { hedge: { afterMs: 1 } },
    })
    for (let time = 0; time < 12; time++)
      expect((await ask(front.port)).headers.location).toBe(`http://127.0.0.1:${front.port}/y`)
    expect(first.hits + second.hits).toBeGreaterThanOrEqual(12)
  })

  it('a denial that a template makes is a 400 of the client’s, and told so', async () => {
    await using far = await upstream()
    const filters = [rewritePath({ to: '/t/{headers.x-t}/x' })]
    await using front = await gatewayOver(make(), [far.url], { gateway: { filters } })
    expect((await ask(front.port, '/', { headers: { 'x-t': '..' } })).status).toBe(400)
    await front.atRest()
    expect(front.outcomes[0]).toMatchObject({ status: 400, termination: { who: 'client' } })
    expect(front.outcomes[0]!.error).toBeInstanceOf(EdgeError)
    expect(far.hits).toBe(0)
  })
})

function boom(): never {
  throw new TypeError('boom')
}
