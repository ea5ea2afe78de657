import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import {
  compose,
  createGateway,
  createPool,
  type Explainable,
  type ExplainOptions,
  type ExplainRequest,
  explain,
  type Filter,
  forward,
  handOver,
  ipRules,
  reply,
  requestHeaders,
} from 'edgewise'
import { describe, expect, it } from 'vitest'
import { EdgeError } from '../../../../src/errors.js'
import { asked } from '../../asked.js'

const deny = ipRules({ deny: ['192.0.2.1'] })

describe('explain', () => {
  it('takes a handler without a gateway, and data, a request of Node’s or an exchange', async () => {
    const handler = compose(deny, handOver())
    const raw = new IncomingMessage(new Socket())
    Object.assign(raw, { method: 'GET', url: '/x', httpVersion: '1.1', rawHeaders: ['Host', 'a.test'] })
    const exchange = Object.assign(asked('/x'), {})
    Object.assign(exchange.raw, { method: 'GET', httpVersion: '1.1', rawHeaders: ['Host', 'a.test'] })
    Object.assign((exchange as unknown as { origin: object }).origin, { requestTarget: '/x' })
    const fates = await Promise.all(
      [{ url: '/x' }, { url: '/x', clientAddress: '192.0.2.1' }, raw, exchange].map(
        async (each) => (await explain(handler, each as Explainable)).outcome.fate,
      ),
    )
    expect(fates).toEqual(['handed over', 'denied', 'handed over', 'denied'])
  })

  it.each([
    [{ url: '/' }, { base: 'api' }, /"base"/],
    [{ url: '/' }, { maxRoutes: -1 }, /"maxRoutes"/],
    [{ url: '/' }, { showSecret: true }, /Did you mean "showSecrets"/],
    [{}, {}, /"url"/],
    [{ url: '/', method: 'G T' }, {}, /"method"/],
    [{ url: '/', body: 5 }, {}, /"body"/],
    ['/', {}, /"request"/],
  ])('refuses %j with %j', async (request, options, message) => {
    await expect(explain(handOver(), request as Explainable, options as ExplainOptions)).rejects.toThrow(message)
  })

  it('is data: JSON keeps all of it, and a text beside', async () => {
    const pool = createPool({ name: 'far', endpoints: ['http://10.0.0.1'] })
    const told = await explain(forward({ pool }), { url: 'https://shop.test/a?b', headers: { cookie: 'a=b' } })
    expect(JSON.parse(JSON.stringify(told))).toEqual({ ...told })
    expect(told.client).toMatchObject({ protocol: 'https', host: 'shop.test', port: 443 })
    expect(Object.keys(told)).not.toContain('toString')
    expect(String(told)).toContain('GET /a?b HTTP/1.1')
    const open = await explain(forward({ pool }), { url: '/', headers: { cookie: 'a=b' } }, { showSecrets: true })
    expect([told, open].map(({ chain }) => chain!.handler.forward!.headers['cookie'])).toEqual(['***', 'a=b'])
    await pool.close()
  })

  it('is sure of nothing behind a filter that does not explain itself, or whose explanation fails', async () => {
    const own: Filter = (exchange, next) => next(exchange)
    const broken: Filter = Object.assign((...[exchange, next]: Parameters<Filter>) => next(exchange), {
      filterName: 'broken',
      explain: () => {
        throw new TypeError('boom')
      },
    })
    const refusing: Filter = Object.assign((...[exchange, next]: Parameters<Filter>) => next(exchange), {
      filterName: 'refusing',
      explain: () => {
        throw new EdgeError('ERR_EDGE_BAD_VALUE', 'no')
      },
    })
    const told = await explain(
      compose(own, broken, deny, refusing, deny, async () => reply(200)),
      { url: '/' },
    )
    expect(told.chain!.filters.map(({ name, verdict, status }) => [name, verdict, status])).toEqual([
      ['own', 'depends', null],
      ['broken', 'depends', null],
      ['ipRules', 'pass', null],
      ['refusing', 'deny', 500],
      ['ipRules', 'unreached', null],
    ])
    expect([told.outcome.fate, told.outcome.status, told.outcome.certain]).toEqual(['denied', 500, false])
    // What can't be written makes the request fail, and not the explanation.
    const unwritable = requestHeaders({ set: { 'x-a': () => 'a\nb' } })
    const failing = await explain(compose(unwritable, deny, handOver()), { url: '/' })
    expect([failing.outcome.fate, failing.outcome.status, failing.outcome.by]).toEqual([
      'denied',
      500,
      'requestHeaders',
    ])
    const plain = await explain(async () => reply(200), { url: '/' })
    expect([plain.outcome.fate, plain.outcome.certain]).toEqual(['open', false])
  })

  it('tells of a gateway that is closing, and of 10,000 routes the nearest', async () => {
    const routes = Array.from({ length: 10_000 }, (_, at) => ({ path: `/r${at}/x`, handler: handOver() }))
    const gateway = createGateway({ routes: [...routes, { path: '/r7/:id', methods: ['PUT'], handler: handOver() }] })
    const told = await gateway.explain({ url: '/r7/y' }, { maxRoutes: 3 })
    expect(told.otherRoutes.more).toBe(9_998)
    expect(told.otherRoutes.near.slice(0, 2).map(({ route, why }) => [route, why])).toEqual([
      ['/r7/:id', 'method: for PUT'],
      ['/r7/x', 'another path'],
    ])
    expect(String(told)).toContain('and 9998 more')
    await gateway.close()
    const closing = await gateway.explain({ url: '/r7/x' })
    expect([closing.outcome.fate, closing.outcome.status]).toEqual(['refused', 503])
  })

  it.each<[string, ExplainRequest, number]>([
    ['a bad Host', { url: '/', headers: { Host: 'bad host' } }, 400],
    ['two credentials', { url: '/', headers: { authorization: ['a', 'b'] } }, 400],
    ['an odd coding', { url: '/', headers: { 'transfer-encoding': 'gzip' } }, 501],
    [
      'many fields',
      { url: '/', headers: Object.fromEntries(Array.from({ length: 201 }, (_, at) => [`x${at}`, '1'])) },
      431,
    ],
    ['a long path', { url: `/${'a'.repeat(3_000)}` }, 414],
    ['OPTIONS *', { url: '*', method: 'OPTIONS' }, 204],
  ])('tells of %s, which no route sees, its status', async (_, request, status) => {
    expect((await explain(handOver(), request)).outcome.status).toBe(status)
  })
})
