import { type Exchange, emptyBody, type Outcome, stateKey } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { Cancel } from '../../../src/cancel.js'
import type { ClientInfo } from '../../../src/http/client-info.js'
import { OutcomeBuilder } from '../../../src/outcome.js'
import { ConnectionExchange } from '../../../src/tcp/connection-exchange.js'

const client: ClientInfo = {
  address: '192.0.2.1',
  protocol: 'https',
  host: 'a.example.com',
  port: 443,
  authority: 'a.example.com',
  peer: '10.0.0.1',
  trusted: true,
  forwardedFor: '',
  certificate: null,
}
const cancel = new Cancel()
const make = (): ConnectionExchange => ConnectionExchange.of(client, 'a.example.com', cancel, new OutcomeBuilder(0))

describe('a connection as an exchange', () => {
  it('has a client and a route, and no message', () => {
    const exchange: Exchange = make()
    expect(exchange).toMatchObject({ client, route: 'a.example.com', method: 'CONNECT', base: '/', upgrade: null })
    expect([exchange.target.href, exchange.wire.href, exchange.httpVersion]).toEqual(['/', '/', ''])
    expect(Object.keys(exchange.headers)).toEqual([])
    expect(exchange.headers['constructor']).toBeUndefined()
    expect(Object.keys(exchange.params)).toEqual([])
    expect(exchange.body).toBe(emptyBody)
    expect(() => exchange.raw).toThrow('a connection of the layer 4 balancer has no request: exchange.raw')
    exchange.inform(103, {})
  })

  it('shares state, signal and listeners with what is derived from it', () => {
    const key = stateKey<number>('count')
    const exchange = make()
    const derived = exchange.with({ method: 'GET', wire: '/x?y', headers: { a: 'b' } }).with({ params: { p: '1' } })
    derived.set(key, 7)
    expect(exchange.get(key)).toBe(7)
    expect(derived).toMatchObject({ method: 'GET', headers: { a: 'b' }, params: { p: '1' }, client })
    expect([derived.wire.href, derived.target.href, exchange.wire.href]).toEqual(['/x?y', '/', '/'])
    expect([derived.cancel, derived.signal]).toEqual([exchange.cancel, cancel.signal])
  })

  it('settles once for each listener, late ones too, and reports those that throw', async () => {
    const exchange = make()
    const told: Outcome[] = []
    const broken = new Error('broken')
    const faults: unknown[] = []
    exchange.onSettled(() => {
      throw broken
    })
    exchange.with({}).onSettled((outcome) => told.push(outcome))
    const outcome = exchange.settle((error) => faults.push(error))
    expect([told, faults]).toEqual([[outcome], [broken]])
    expect(outcome.route).toBe('a.example.com')
    exchange.onSettled((late) => told.push(late))
    await null
    expect(told).toEqual([outcome, outcome])
  })
})
