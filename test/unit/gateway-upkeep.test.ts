import {
  createGateway,
  defineFilter,
  EventHub,
  type Filter,
  type Gateway,
  type GatewayOptions,
  type Handler,
  respond,
} from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually } from '../support/index.js'

/** A filter that notes its life. */
function living(name: string, log: string[], start: () => Promise<void> = async () => {}): Filter {
  return defineFilter(
    {
      filterName: name,
      start: () => {
        log.push(`start ${name}`)
        return start()
      },
      close: async () => {
        log.push(`close ${name}`)
      },
    },
    (exchange, next) => next(exchange),
  )
}

const ok = respond({ body: 'ok' })
const routes = (...filters: Filter[]): GatewayOptions['routes'] => [{ path: '/**', filters, handler: ok }]
const routeOf = (gateway: Gateway, path = '/'): string | null => {
  const routed = gateway.route({ method: 'GET', path, query: '', host: null, headers: {} })
  return 'route' in routed ? routed.route : null
}
const pause = (): { promise: Promise<void>; resolve: () => void } => Promise.withResolvers<void>()

describe('a gateway that is reloaded', () => {
  it('starts what is new, closes what is gone, each once, and touches nothing that both have', async () => {
    const log: string[] = []
    const [one, both, two] = ['one', 'both', 'two'].map((name) => living(name, log)) as [Filter, Filter, Filter]
    const gateway = createGateway({ routes: routes(one, both) })
    await gateway.ready
    await gateway.reload({ routes: routes(both, two) })
    await eventually(() => log.length === 4)
    expect(log).toEqual(['start one', 'start both', 'start two', 'close one'])
    await gateway.close()
    expect(log.slice(4).toSorted()).toEqual(['close both', 'close two'])
  })

  it('tells of what does not close, and closes the others', async () => {
    const events = new EventHub()
    const faults: unknown[] = []
    events.on('fault', ({ where, error }) => faults.push([where, (error as Error).message]))
    const log: string[] = []
    const stuck = defineFilter(
      {
        filterName: 'stuck',
        close: async () => {
          throw new Error('no')
        },
      },
      (exchange, next) => next(exchange),
    )
    const gateway = createGateway({
      events,
      filters: [stuck, living('other', log)],
      routes: routes(),
    })
    await gateway.ready
    await gateway.close()
    expect(faults).toEqual([['close of stuck', 'no']])
    expect(log).toContain('close other')
  })

  it('closes a handler that owns its pool, and not one that is used again', async () => {
    const closed: string[] = []
    const owning = (name: string): Handler =>
      Object.assign(respond({ body: name }), { close: async () => void closed.push(name) })
    const [one, two] = [owning('one'), owning('two')]
    const gateway = createGateway({
      routes: [
        { path: '/1', handler: one },
        { path: '/2', handler: two },
      ],
    })
    await gateway.reload({ routes: [{ path: '/other', handler: two }] })
    await eventually(() => closed.length > 0)
    expect([closed, routeOf(gateway, '/1'), routeOf(gateway, '/other')]).toEqual([['one'], null, '/other'])
    await gateway.close()
    expect(closed).toEqual(['one', 'two'])
  })

  it.each<[string, Partial<GatewayOptions> & Record<string, unknown>, string]>([
    ['a route that is none', { routes: [{ path: '/x' }] as never }, 'ERR_EDGE_OPTION'],
    ['an unknown option', { routes: [], route: [] }, 'ERR_EDGE_OPTION'],
    ['a proxy that is no address', { routes: [], trustedProxies: ['nobody'] }, 'ERR_EDGE_OPTION'],
    ['another hub', { routes: [], events: new EventHub() }, 'ERR_EDGE_OPTION'],
  ])('refuses %s, and nothing has changed', async (_what, options, code) => {
    await using gateway = createGateway({ routes: routes() })
    const { trust, policy } = gateway
    await expect(gateway.reload(options as never)).rejects.toMatchObject({ code })
    expect([routeOf(gateway), gateway.trust, gateway.policy]).toEqual(['/**', trust, policy])
  })

  it('keeps the old routes when a new filter does not start, and closes only what was new', async () => {
    const log: string[] = []
    const kept = living('kept', log)
    const bad = living('bad', log, () => Promise.reject(new Error('no keys')))
    await using gateway = createGateway({ routes: routes(kept) })
    await expect(
      gateway.reload({ routes: [{ path: '/new', filters: [kept, living('fine', log), bad], handler: ok }] }),
    ).rejects.toThrow('no keys')
    expect(routeOf(gateway, '/new')).toBe('/**')
    expect(log).toEqual(['start kept', 'start fine', 'start bad', 'close fine', 'close bad'])
  })

  it('swaps only when all have started; reloads take turns', async () => {
    const log: string[] = []
    const gate = pause()
    await using gateway = createGateway({ routes: routes() })
    const first = gateway.reload({
      routes: [{ path: '/1', filters: [living('slow', log, () => gate.promise)], handler: ok }],
    })
    const second = gateway.reload({ routes: [{ path: '/2', filters: [living('quick', log)], handler: ok }] })
    await eventually(() => log.includes('start slow'))
    expect([routeOf(gateway, '/1'), log]).toEqual(['/**', ['start slow']])
    gate.resolve()
    await first
    expect(routeOf(gateway, '/1')).toBe('/1')
    await second
    expect(routeOf(gateway, '/2')).toBe('/2')
    await eventually(() => log.includes('close slow'))
  })

  it('is told of by an event, when the new routes are in force', async () => {
    const events = new EventHub()
    const told: unknown[] = []
    await using gateway = createGateway({ routes: routes(), events })
    events.on('gateway', ({ change }) => told.push([change, routeOf(gateway, '/new')]))
    await gateway.reload({ routes: [{ path: '/new', handler: ok }] })
    expect(told).toEqual([['reloaded', '/new']])
  })

  it('changes who is trusted, and what targets may be', async () => {
    await using gateway = createGateway({ routes: routes() })
    await gateway.reload({
      routes: routes(),
      trustedProxies: ['10.0.0.0/8'],
      encodedSlashes: 'keep',
      underscoreHeaders: 'drop',
    })
    expect([
      gateway.trusted,
      gateway.trust('10.1.2.3'),
      gateway.policy.encodedSlashes,
      gateway.dropUnderscored,
    ]).toEqual([true, true, 'keep', true])
  })

  it('refuses a filter that an earlier reload has closed, which could not work any more', async () => {
    const log: string[] = []
    const gone = living('gone', log)
    await using gateway = createGateway({ routes: routes(gone) })
    await gateway.reload({ routes: routes() })
    await eventually(() => log.includes('close gone'))
    await expect(gateway.reload({ routes: routes(gone) })).rejects.toThrow(/"gone"; allowed: .* have not been closed/)
    expect(log).toEqual(['start gone', 'close gone'])
  })

  it('heals one whose filters did not start', async () => {
    const log: string[] = []
    await using gateway = createGateway({
      routes: routes(living('bad', log, () => Promise.reject(new Error('no keys')))),
    })
    await expect(gateway.ready).rejects.toThrow('no keys')
    await gateway.reload({ routes: [{ path: '/new', handler: ok }] })
    const routed = gateway.route({ method: 'GET', path: '/new', query: '', host: null, headers: {} })
    expect('handler' in routed && (await routed.handler(undefined as never)).status).toBe(200)
  })

  it('is not reloaded while it closes; what was being started then is closed', async () => {
    const log: string[] = []
    const gate = pause()
    const gateway = createGateway({ routes: routes() })
    const under = gateway.reload({ routes: routes(living('late', log, () => gate.promise)) })
    under.catch(() => {})
    await eventually(() => log.length === 1)
    await gateway.close()
    expect(log).toEqual(['start late', 'close late'])
    gate.resolve()
    await expect(under).rejects.toMatchObject({ code: 'ERR_EDGE_CLOSING' })
    await expect(gateway.reload({ routes: routes(living('never', log)) })).rejects.toMatchObject({
      code: 'ERR_EDGE_CLOSING',
    })
    expect(log).toEqual(['start late', 'close late'])
  })
})
