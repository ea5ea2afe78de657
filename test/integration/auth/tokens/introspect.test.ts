import { introspect } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, sink, upstream } from '../../../support/index.js'
import { guarded } from './guarded.js'

describe('introspection over HTTP', () => {
  it('is a POST of a form, and lets active tokens pass', async () => {
    const seen: unknown[] = []
    await using far = await upstream(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      seen.push([request.method, request.url, request.headers['content-type'], request.headers.authorization, body])
      response.end(JSON.stringify({ active: body.includes('token=good'), sub: 'ada' }))
    })
    await using edge = await guarded((events) =>
      introspect({ endpoint: `${far.url}/introspect`, clientId: 'a', clientSecret: 'b', events }),
    )
    expect([await edge.status('good'), await edge.status('bad'), await edge.status('good')]).toEqual([200, 401, 200])
    const type = 'application/x-www-form-urlencoded;charset=UTF-8'
    expect(seen).toEqual([
      ['POST', '/introspect', type, 'Basic YTpi', 'token=good&token_type_hint=access_token'],
      ['POST', '/introspect', type, 'Basic YTpi', 'token=bad&token_type_hint=access_token'],
    ])
  })

  it('H-131 many requests with one token make one question', async () => {
    const gate = Promise.withResolvers<void>()
    await using far = await upstream(async (_request, response) => {
      await gate.promise
      response.end('{"active":true,"sub":"ada"}')
    })
    await using edge = await guarded((events) => introspect({ endpoint: far.url, events }))
    const asking = Array.from({ length: 30 }, () => edge.status('t'))
    await eventually(() => far.hits === 1)
    gate.resolve()
    expect([new Set(await Promise.all(asking)), far.hits]).toEqual([new Set([200]), 1])
  })

  it.each([
    ['is slow', ['waitBody', 'stall']],
    ['resets', ['reset']],
    ['ends in the middle', ['waitBody', 'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"active":true', 'end']],
  ] as const)('an endpoint that %s lets nobody pass', async (_what, script) => {
    await using far = await sink(script)
    await using edge = await guarded((events) => introspect({ endpoint: far.url, timeoutMs: 200, events }))
    const answer = await edge.ask('t')
    expect([answer.status, answer.header('retry-after')]).toEqual([503, '1'])
  })
})
