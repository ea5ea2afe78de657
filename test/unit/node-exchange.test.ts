import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { bytesBody, EdgeError, emptyBody, type Outcome, stateKey, toHeaders } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { parseTarget, type Target } from '../../src/http/target.js'
import { ExchangeOrigin, NodeExchange } from '../../src/node-exchange.js'

function make(): NodeExchange {
  const client = {
    address: '127.0.0.1',
    protocol: 'http',
    host: 'a.test',
    port: 80,
    authority: 'a.test',
    peer: '127.0.0.1',
    trusted: false,
    forwardedFor: '',
    certificate: null,
  } as const
  const origin = new ExchangeOrigin(new IncomingMessage(new Socket()), client, '/api', null, performance.now())
  const target = parseTarget('/x?y', 'GET', null) as Target
  return new NodeExchange(origin, 'GET', target, target, toHeaders({ a: '1' }), emptyBody)
}

describe('state', () => {
  it('two keys of one name are two keys, and nobody changes one', () => {
    const a = stateKey<number>('n')
    const b = stateKey<number>('n')
    const exchange = make()
    exchange.set(a, 1)
    expect([exchange.get(a), exchange.get(b), a.name]).toEqual([1, undefined, 'n'])
    expect(Object.isFrozen(a)).toBe(true)
  })

  it('H-154 a key’s name is never a property', () => {
    const exchange = make()
    exchange.set(stateKey('__proto__'), { polluted: true })
    expect(exchange.get(stateKey('__proto__'))).toBeUndefined()
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

describe('with', () => {
  it('makes a copy with what changed, and leaves the origin as it was', () => {
    const exchange = make()
    const changed = exchange.with({
      method: 'POST',
      headers: toHeaders({ b: '2' }),
      body: bytesBody('x'),
      params: { id: '7' },
    })
    expect(changed).not.toBe(exchange)
    expect(changed).toMatchObject({
      method: 'POST',
      params: { id: '7' },
      body: { length: 1 },
      base: '/api',
      httpVersion: null,
    })
    expect({ ...changed.headers }).toEqual({ b: '2' })
    expect([exchange.method, exchange.body, { ...exchange.headers }, { ...exchange.params }]).toEqual([
      'GET',
      emptyBody,
      { a: '1' },
      {},
    ])
  })

  it('an empty change is a copy of the same facts', () => {
    const exchange = make()
    const copy = exchange.with({})
    for (const part of ['target', 'wire', 'headers', 'body', 'params', 'client', 'cancel', 'signal', 'raw'] as const)
      expect(copy[part]).toBe(exchange[part])
  })

  it('shares state, signal and listeners, whichever copy they are reached by', () => {
    const key = stateKey<string>('tenant')
    const exchange = make()
    const copy = exchange.with({ method: 'PUT' }).with({ method: 'POST' })
    copy.set(key, 'acme')
    expect(exchange.get(key)).toBe('acme')
    const told: unknown[] = []
    copy.onSettled(() => told.push('copy'))
    exchange.onSettled(() => told.push('origin'))
    const reason = new EdgeError('ERR_EDGE_CLIENT_CLOSED', 'left')
    exchange.cancel.abort(reason)
    expect(copy.signal.reason).toBe(reason)
    exchange.origin.settle(() => {})
    expect(told).toEqual(['copy', 'origin'])
  })

  it('the target stays, the wire changes', () => {
    const exchange = make()
    expect(exchange.wire).toBe(exchange.target)
    const changed = exchange.with({ wire: '/new?z' })
    expect([changed.wire.href, changed.target.href, changed.with({}).wire]).toEqual(['/new?z', '/x?y', changed.wire])
    expect(exchange.with({ wire: changed.wire }).wire).toBe(changed.wire)
  })

  it.each(['/../x', '/a\r\nX: y', '/a#b', '/a b', '/%zz'])('H-153 a wire of %j is refused', (wire) =>
    expect(() => make().with({ wire })).toThrow(expect.objectContaining({ code: 'ERR_EDGE_BAD_VALUE' })),
  )

  it('H-153 a wire is a path, whatever it looks like', () => {
    expect(make().with({ wire: '//evil.test/x' }).wire.href).toBe('/evil.test/x')
    expect(make().with({ wire: '' }).wire.href).toBe('/')
  })
})

describe('onSettled', () => {
  it('tells once, what came of it', () => {
    const exchange = make()
    const outcomes: Outcome[] = []
    exchange.onSettled((outcome) => outcomes.push(outcome))
    exchange.origin.outcome.status = 200
    exchange.origin.route = '/x'
    expect(exchange.origin.settle(() => {})).toBe(outcomes[0])
    expect(exchange.origin.settle(() => {})).toBeNull()
    expect(outcomes).toHaveLength(1)
    expect(outcomes[0]).toMatchObject({ status: 200, route: '/x', error: null, attempts: [] })
  })

  it('tells who asks late, too', async () => {
    const exchange = make()
    exchange.origin.settle(() => {})
    const outcome = await new Promise<Outcome>((resolve) => exchange.onSettled(resolve))
    expect(outcome.status).toBeNull()
  })

  it('a listener that throws is reported, and the others are told', () => {
    const exchange = make()
    const error = new Error('mine')
    const told: unknown[] = []
    exchange.onSettled(() => {
      throw error
    })
    exchange.onSettled(() => told.push('second'))
    exchange.origin.settle((fault) => told.push(fault))
    expect(told).toEqual([error, 'second'])
  })
})
