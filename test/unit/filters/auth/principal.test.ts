import { type Authenticator, anyOf, apiKey, authenticator, basicAuth, optional, principalOf } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { asked } from '../../asked.js'
import { ran } from '../ran.js'
import { basic } from './kit.js'

const users = basicAuth({ users: { ada: 'x' } })
const keys = apiKey({ keys: { key: { id: 'acme' } } })
const sessions = authenticator({
  name: 'session',
  verify: ({ headers }) => (headers['x-session'] === undefined ? null : { id: 'eve' }),
})

const ADA = { authorization: basic('ada:x') }
const ACME = { 'x-api-key': 'key' }
const EVE = { 'x-session': '1' }

const knownTo = (exchange: Parameters<typeof principalOf>[0], ...those: readonly Authenticator<object>[]) =>
  those.map((each) => principalOf(exchange, each)?.id)

describe('whom an authenticator knew', () => {
  it('is nobody before it was asked, nor of another one with the same options', async () => {
    const exchange = asked('/x', { headers: ADA })
    expect(knownTo(exchange, users)).toEqual([undefined])
    expect(knownTo(undefined, users)).toEqual([undefined])
    await ran(users, exchange)
    expect(knownTo(exchange, users, basicAuth({ users: { ada: 'x' } }))).toEqual(['ada', undefined])
  })

  it('is known through as many optional() as there are', async () => {
    const twice = optional(optional(users))
    const exchange = asked('/x', { headers: ADA })
    await ran(twice, exchange)
    expect(knownTo(exchange, twice, users)).toEqual(['ada', 'ada'])
  })

  it('is forgotten, with whom those behind it knew, once it is asked anew', async () => {
    const either = anyOf(users, keys)
    const exchange = asked('/x', { headers: { ...ADA, ...EVE } })
    await ran(either, exchange)
    await ran(sessions, exchange)
    expect(knownTo(exchange, either, users, keys, sessions)).toEqual(['ada', 'ada', undefined, 'eve'])
    await ran(either, exchange.with({ headers: ACME }))
    expect(knownTo(exchange, either, users, keys, sessions)).toEqual(['acme', undefined, 'acme', undefined])
    expect(principalOf(exchange)?.id).toBe('acme')
  })

  it('goes along with what outlives the request, and is its own there', async () => {
    const exchange = asked('/x', { headers: ADA })
    await ran(users, exchange)
    const detached = exchange.detach()
    await ran(keys, detached.with({ headers: ACME }))
    expect(knownTo(detached, users, keys)).toEqual(['ada', 'acme'])
    expect(knownTo(exchange, users, keys)).toEqual(['ada', undefined])
  })
})
