import { basicAuth, cache, rateLimit } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { ask, request } from '../../adapters/contract/kit.js'
import { eventually, rawOpen, upstream } from '../../support/index.js'
import { gatewayOver, transports } from '../front.js'

const ADA = `Authorization: Basic ${Buffer.from('ada:x').toString('base64')}\r\n`

describe.each(transports)('what counts against a limit in front of %s', (_name, make) => {
  it('H-146 is each request: hits of a cache, denials, preflights, and those whose client left', async () => {
    await using far = await upstream((incoming, response) => {
      if (incoming.url === '/never') return
      response.setHeader('cache-control', 'public, max-age=60')
      response.end('stored')
    })
    const filters = [
      rateLimit({ limit: 9, windowMs: 3_600_000, algorithm: 'fixed-window' }),
      basicAuth({ users: { ada: 'x' } }),
      cache(),
    ]
    await using front = await gatewayOver(make(), [far.url], { gateway: { filters } })
    const left = async (fields: string, method = 'GET') => {
      const reply = await ask(front.port, '/', { fields, method })
      return [reply.status, /r=(\d)/.exec(reply.header('ratelimit') ?? '')?.[1]]
    }
    expect(await left(ADA)).toEqual([200, '8'])
    expect(await left(ADA)).toEqual([200, '7'])
    expect(far.requests).toHaveLength(1)
    expect(await left('')).toEqual([401, '6'])
    expect(await left('Origin: https://b.test\r\nAccess-Control-Request-Method: GET\r\n', 'OPTIONS')).toEqual([
      401,
      '5',
    ])
    await using client = await rawOpen(front.port)
    await client.write(request('/never', { fields: ADA }))
    await eventually(() => far.requests.length === 2)
    client.reset()
    await front.atRest()
    expect(await left(ADA, 'HEAD')).toEqual([200, '3'])
  })
})
