import { createPool, type ForwardOptions, forward, type HandlerVerdict, powerOfTwoChoices } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { keepCredential } from '../../../src/forwarding/kept-credentials.js'
import { type Asked, asked } from '../asked.js'

const endpoints = [{ url: 'http://10.0.0.1:3000/deep', name: 'a', host: 'a.internal' }]

function told(options: Partial<ForwardOptions> = {}, odd: Asked = {}, target = '/x?y'): HandlerVerdict {
  const pool = options.pool ?? createPool({ name: 'far', endpoints })
  return forward({ pool, via: 'edge', ...options }).explain!(asked(target, odd))
}

describe('what a forwarder would do', () => {
  it.each<[string, Partial<ForwardOptions>, Asked, Partial<HandlerVerdict>]>([
    ['TRACE', {}, { method: 'TRACE' }, { verdict: 'deny', status: 405 }],
    [
      'a request without hops',
      {},
      { method: 'OPTIONS', headers: { 'max-forwards': '0' } },
      { verdict: 'answer', status: 200 },
    ],
    ['one that has been here', {}, { headers: { via: '1.1 edge' } }, { verdict: 'deny', status: 508 }],
    ['a rewrite to nowhere', { pathRewrite: () => '/../x' }, {}, { verdict: 'deny', status: 500 }],
    ['an upgrade that is unwanted', { websocket: false }, { upgrade: true }, { verdict: 'deny', status: 501 }],
  ])('with %s', (_, options, odd, verdict) => expect(told(options, odd)).toMatchObject(verdict))

  it('sends to the endpoint’s prefix, by its name where that is wished, and counts hops', () => {
    const { forward: sent } = told(
      { changeOrigin: true, pathRewrite: { '^/x': '/z' } },
      { method: 'OPTIONS', headers: { host: 'b', 'max-forwards': '3' } },
    )
    expect(sent).toMatchObject({
      path: '/deep/z?y',
      protocol: 'http',
      headers: { host: 'a.internal', 'max-forwards': '2' },
    })
  })

  it('does not know the endpoint’s name or prefix where chance decides', () => {
    const pool = createPool({ name: 'p', endpoints: [...endpoints, 'http://10.0.0.2'], balancer: powerOfTwoChoices() })
    const { forward: sent, why } = told({ pool, changeOrigin: true })
    expect([why, sent!.path, sent!.protocol, sent!.headers['host']]).toEqual([
      'to one that is not known yet of pool p',
      '/x?y',
      null,
      '(the name of the endpoint)',
    ])
  })

  it('H-135 keeps from a fallback what is for its own pool only', () => {
    const spare = createPool({ name: 'spare', endpoints: ['http://10.0.0.9'] })
    const pool = createPool({ name: 'far', endpoints, fallback: spare })
    const exchange = asked('/', { headers: { authorization: 'Bearer x' } })
    keepCredential(exchange, (each) => each.with({ headers: { host: 'a' } }))
    const handler = forward({ pool })
    expect(handler.explain!(exchange).forward!.headers['authorization']).toBe('Bearer x')
    pool.maintenance('a')
    expect(handler.explain!(exchange).forward!.headers['authorization']).toBeUndefined()
  })

  it('tells of limits, retries and hedges', () => {
    const retry = { attempts: 4, on: ['conn-failure' as const, 503], perTryTimeoutMs: 20 }
    const get = told({ retry, hedge: { afterMs: 30 }, totalTimeoutMs: 9 }).forward!
    expect(get).toMatchObject({
      hedgeAfterMs: 30,
      timeouts: { connectMs: 5_000, firstByteMs: 60_000, idleMs: 60_000, totalMs: 9 },
      retry: { attempts: 4, on: ['conn-failure', 503], repeats: true, perTryTimeoutMs: 20 },
    })
    expect(told({ retry }, { method: 'POST' }).forward!.retry.repeats).toBe(false)
    expect(told({ retry: false }).forward!.retry).toMatchObject({ attempts: 1, repeats: false })
    expect(told().forward!.retry.attempts).toBeNull()
  })
})
