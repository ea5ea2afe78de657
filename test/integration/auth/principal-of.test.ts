import { createServer } from 'node:http'
import {
  type Authenticator,
  allOf,
  anyOf,
  apiKey,
  attachUpgrade,
  authenticator,
  basicAuth,
  compose,
  createGateway,
  discard,
  type Exchange,
  exchangeOf,
  type Filter,
  forwardAuth,
  handOver,
  hashPassword,
  optional,
  principalOf,
  reply,
} from 'edgewise'
import { toExpress } from 'edgewise/express'
import { toNode } from 'edgewise/node'
import expressApp from 'express'
import { describe, expect, it } from 'vitest'
import { upstream, wsConnect } from '../../support/index.js'
import { ask } from '../client.js'
import { listening } from '../compat/serving.js'

const partners = apiKey({ keys: { 'a-key': { id: 'acme', claims: { plan: 'gold' } } } })
const staff = basicAuth({ users: { ada: { password: await hashPassword('secret') } } })
const sessions = authenticator({
  name: 'session',
  verify: async ({ headers }) => (headers['x-session'] === 'yes' ? { id: 'session', claims: { seat: 7 } } : null),
})

const KEY = { 'x-api-key': 'a-key' }
const PASSWORD = { authorization: `Basic ${Buffer.from('ada:secret').toString('base64')}` }
const SESSION = { 'x-session': 'yes' }

/** Who is known to whom, behind filters, over a socket. */
async function known(
  filters: readonly Authenticator<object>[],
  whom: Readonly<Record<string, Authenticator<object>>>,
  headers: Readonly<Record<string, string>>,
  ...outside: readonly Filter[]
): Promise<unknown> {
  const handler = compose(...outside, ...filters, async (exchange) => {
    const found = Object.entries(whom).map(([name, by]) => [name, principalOf(exchange, by)?.id ?? null])
    return reply(200, JSON.stringify({ last: principalOf(exchange)?.id ?? null, ...Object.fromEntries(found) }))
  })
  const gateway = createGateway({ routes: [{ path: '/**', handler }] })
  await using app = await listening(createServer(toNode(gateway)))
  return JSON.parse((await ask(app.port, '/', { headers })).body)
}

describe('principalOf() of an authenticator', () => {
  it('is what that one found, and nothing of any other', async () => {
    expect(await known([partners], { partners, staff }, KEY)).toEqual({ last: 'acme', partners: 'acme', staff: null })
  })

  it('is, of two in a row, what each found', async () => {
    expect(await known([partners, staff], { partners, staff }, { ...KEY, ...PASSWORD })).toEqual({
      last: 'ada',
      partners: 'acme',
      staff: 'ada',
    })
  })

  it.each([
    ['the first', KEY, { last: 'acme', either: 'acme', partners: 'acme', sessions: null }],
    ['the second', SESSION, { last: 'session', either: 'session', partners: null, sessions: 'session' }],
  ])('is, of anyOf(), that of %s, which is known to it and to the combination', async (_who, headers, expected) => {
    const either = anyOf(partners, sessions)
    expect(await known([either], { either, partners, sessions }, headers)).toEqual(expected)
  })

  it('is, of allOf(), each one’s own, and the last’s of the combination', async () => {
    const both = allOf(partners, staff)
    expect(await known([both], { both, partners, staff }, { ...KEY, ...PASSWORD })).toEqual({
      last: 'ada',
      both: 'ada',
      partners: 'acme',
      staff: 'ada',
    })
  })

  it('is found within optional(), and within combinations of combinations', async () => {
    const inner = allOf(partners, staff)
    const perhaps = optional(anyOf(inner, sessions))
    const whom = { perhaps, inner, partners, staff, sessions }
    expect(await known([perhaps], whom, { ...KEY, ...PASSWORD })).toEqual({
      ...{ last: 'ada', perhaps: 'ada', inner: 'ada', partners: 'acme', staff: 'ada', sessions: null },
    })
    expect(await known([perhaps], whom, SESSION)).toMatchObject({ last: 'session', inner: null, sessions: 'session' })
    expect(await known([perhaps], whom, {})).toMatchObject({ last: null, perhaps: null, sessions: null })
  })

  it('is told of the last attempt alone, where a filter makes several', async () => {
    const either = anyOf(partners, sessions)
    const again: Filter = async (exchange, next) => {
      discard(await next(exchange))
      const { 'x-api-key': _key, ...headers } = exchange.headers
      return next(exchange.with({ headers }))
    }
    expect(await known([either], { either, partners, sessions }, { ...KEY, ...SESSION }, again)).toEqual({
      last: 'session',
      either: 'session',
      partners: null,
      sessions: 'session',
    })
  })

  it('has the fields of a service that was asked', async () => {
    await using service = await upstream(
      (_request, response) => void response.writeHead(204, { 'x-user': 'ada' }).end(),
    )
    const asked = forwardAuth({ url: service.url, requestHeaders: ['X-User', 'X-Team'], principal: { id: 'x-user' } })
    const handler = async (exchange: Exchange) =>
      reply(200, JSON.stringify(principalOf(exchange, asked)?.claims ?? null))
    const gateway = createGateway({ routes: [{ path: '/**', filters: [anyOf(partners, asked)], handler }] })
    await using app = await listening(createServer(toNode(gateway)))
    expect((await ask(app.port, '/', {})).body).toBe('{"x-user":"ada"}')
    expect((await ask(app.port, '/', { headers: KEY })).body).toBe('null')
  })

  it('reaches an application behind handOver()', async () => {
    const handler = compose(anyOf(partners, sessions), handOver())
    const express = expressApp().use(toExpress(handler))
    express.get('/me', (req, res) => {
      const exchange = exchangeOf(req)
      const seat: number | undefined = principalOf(exchange, sessions)?.claims.seat
      res.json({ seat, partner: principalOf(exchange, partners)?.id })
    })
    await using app = await listening(createServer(express))
    expect((await ask(app.port, '/me', { headers: SESSION })).body).toBe('{"seat":7}')
    expect((await ask(app.port, '/me', { headers: KEY })).body).toBe('{"partner":"acme"}')
  })

  it('is known of an upgrade, too', async () => {
    const seen: unknown[] = []
    const handler = compose(anyOf(partners, sessions), async (exchange) => {
      seen.push([exchange.upgrade?.protocol, principalOf(exchange, partners)?.id, principalOf(exchange, sessions)?.id])
      return reply(403)
    })
    const listener = toNode(handler)
    const server = createServer(listener)
    attachUpgrade(server, listener)
    await using app = await listening(server)
    await expect(wsConnect(`ws://127.0.0.1:${app.port}/x`, { headers: SESSION })).rejects.toThrow()
    expect(seen).toEqual([['websocket', undefined, 'session']])
  })

  it('is nobody on a path that needs none', async () => {
    const open = apiKey({ keys: { 'a-key': { id: 'acme' } }, skipPaths: ['/'] })
    expect(await known([open], { open }, KEY)).toEqual({ last: null, open: null })
  })
})
