import { bytesBody, EdgeError, type Outcome, stateKey } from 'edgewise'
import { testExchange } from 'edgewise/testing'
import { describe, expect, it } from 'vitest'

describe('testExchange', () => {
  it('is what an adapter makes of a request', () => {
    const exchange = testExchange('/a/%7Eb?c=1', {
      method: 'POST',
      headers: { 'X-Tenant': 'acme', 'set-cookie': ['a=1', 'b=2'] },
      client: { address: '203.0.113.9', protocol: 'https' },
      base: '/api',
      route: '/a/*',
      params: { id: '7' },
      body: bytesBody(Buffer.from('x')),
    })
    expect(exchange).toMatchObject({
      method: 'POST',
      target: { path: '/a/~b', query: '?c=1' },
      headers: { 'x-tenant': 'acme', 'set-cookie': ['a=1', 'b=2'] },
      client: { address: '203.0.113.9', protocol: 'https', host: 'a.test' },
      base: '/api',
      requestTarget: '/api/a/%7Eb?c=1',
      route: '/a/*',
      params: { id: '7' },
      upgrade: null,
    })
    expect(exchange.wire).toBe(exchange.target)
    expect(testExchange('/', { upgrade: true }).upgrade?.protocol).toBe('websocket')
  })

  it('settles once, with what it was told, and its copies with it', () => {
    const exchange = testExchange('/')
    const heard: Outcome[] = []
    const key = stateKey<number>('mine')
    const copy = exchange.with({ method: 'PUT' })
    copy.set(key, 1)
    copy.onSettled((outcome) => heard.push(outcome))
    const outcome = exchange.settle({ status: 200 })
    expect(exchange.get(key)).toBe(1)
    expect(outcome).toMatchObject({ status: 200, error: null, termination: { who: null, phase: 'done' } })
    expect(heard).toEqual([outcome])
    expect(exchange.settle({ status: 500 })).toBe(outcome)
    expect(heard).toHaveLength(1)
  })

  it('names whose fault an error was', () => {
    const error = new EdgeError('ERR_EDGE_CONNECT_TIMEOUT', 'late')
    expect(testExchange('/').settle({ status: 504, error }).termination.who).toBe('upstream')
  })

  it('has a client that leaves', () => {
    const exchange = testExchange('/')
    const heard: Outcome[] = []
    exchange.onSettled((outcome) => heard.push(outcome))
    const { signal } = exchange
    exchange.leave()
    expect(signal.reason).toMatchObject({ code: 'ERR_EDGE_CLIENT_CLOSED' })
    expect(heard).toMatchObject([{ status: null, termination: { who: 'client' } }])
  })

  it('throws what a listener throws', () => {
    const exchange = testExchange('/')
    exchange.onSettled(() => {
      throw new Error('mine')
    })
    expect(() => exchange.settle()).toThrow('mine')
  })

  it.each([
    ['/a/../b', {}, 'target'],
    ['no path', {}, 'target'],
    ['/', { method: '' }, 'method'],
    ['/', { heads: {} }, 'heads'],
  ])('refuses %j with %j', (target, options, named) =>
    expect(() => testExchange(target, options as object)).toThrow(named),
  )
})
