import { bytes, EventHub, type Handler, metricsPage, type Reply } from 'edgewise'
import { Gauge, Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { asked } from '../../asked.js'

const text = async ({ body }: Reply): Promise<string> => Buffer.from(await bytes(body, 10_000)).toString()

function ask(page: Handler, method = 'GET', written = '/metrics', target = written): Promise<Reply> {
  return page(asked(target, { method, requestTarget: written }))
}

/** A page, and how often its one metric was read. */
function paged(options: Parameters<typeof metricsPage>[0] = {}, read: () => void | Promise<void> = () => {}) {
  const register = new Registry()
  let reads = 0
  const collect = async () => {
    reads++
    await read()
  }
  new Gauge({ name: 'mine', help: 'x', registers: [register], collect })
  return { page: metricsPage({ register, ...options }), reads: () => reads }
}

describe('metricsPage', () => {
  it.each([
    [{ register: 1 }, /"register" is 1; allowed: a Registry of prom-client/],
    [{ maxAgeMs: -1 }, /"maxAgeMs" is -1/],
    [{ maxAge: 1 }, /Did you mean "maxAgeMs"/],
  ])('refuses %j', (options, message) => expect(() => metricsPage(options as never)).toThrow(message))

  it('is the text of the registry, and nobody’s to keep', async () => {
    const answer = await ask(paged().page)
    expect([answer.status, answer.headers]).toEqual([
      200,
      { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-store' },
    ])
    expect(await text(answer)).toBe('# HELP mine x\n# TYPE mine gauge\nmine 0\n')
  })

  it('H-197 is there to be read only', async () => {
    const { page, reads } = paged()
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'get', 'X']) {
      const { status, headers } = await ask(page, method)
      expect([method, status, headers['allow'], headers['cache-control']]).toEqual([
        method,
        405,
        'GET, HEAD',
        'no-store',
      ])
    }
    expect(reads()).toBe(0)
    expect((await ask(page, 'HEAD')).status).toBe(200)
  })

  it.each([
    ['/%6detrics', '/metrics'],
    ['//metrics', '/metrics'],
    ['http://a.test/metrics', '/metrics'],
  ])('H-197 is not there as %s', async (written, target) => {
    const { page, reads } = paged()
    expect((await ask(page, 'GET', written, target)).status).toBe(404)
    expect(reads()).toBe(0)
  })

  it('has queries, and a place below a base', async () => {
    const { page } = paged()
    expect((await ask(page, 'GET', '/metrics?name[]=a')).status).toBe(200)
    for (const [written, target] of [
      ['/api/metrics', '/metrics'],
      ['/api', '/'],
      ['/api/?a', '/?a'],
    ] as const) {
      const exchange = asked(target, { base: '/api', requestTarget: written })
      expect([written, (await page(exchange)).status]).toEqual([written, 200])
    }
  })

  it('H-197 costs one reading for all who come while it lasts, and for a second from its beginning', async () => {
    let now = 0
    const gate = Promise.withResolvers<void>()
    const { page, reads } = paged({ now: () => now }, () => gate.promise)
    const many = Array.from({ length: 1_000 }, () => ask(page))
    now = 5_000
    many.push(ask(page))
    gate.resolve()
    expect(new Set(await Promise.all(many.map(async (each) => text(await each)))).size).toBe(1)
    expect(reads()).toBe(1)
    await ask(page)
    expect(reads()).toBe(2)
    now = 5_999
    await ask(page)
    expect(reads()).toBe(2)
    now = 6_000
    await ask(page)
    expect(reads()).toBe(3)
  })

  it('can be made for each who asks', async () => {
    const { page, reads } = paged({ maxAgeMs: 0 })
    await ask(page)
    await ask(page)
    expect(reads()).toBe(2)
  })

  it('that can’t be read is a 500 without a reason, told as a fault', async () => {
    const events = new EventHub()
    const told: unknown[] = []
    events.on('fault', ({ where, error }) => told.push([where, (error as Error).message]))
    const { page } = paged({ events }, () => {
      throw new Error('secret')
    })
    const answer = await ask(page)
    expect([answer.status, await text(answer)]).toEqual([500, '500 Internal Server Error\n'])
    expect(told).toEqual([['metricsPage', 'secret']])
  })
})
