import { definePlugin, EventHub, type Filter, type Handler, requestHeaders, respond } from 'edgewise'
import { type ConfigContext, type ConfiguredGateway, type EdgeConfig, gatewayFromConfig } from 'edgewise/config'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.js'

const FAR = ['http://127.0.0.1:1', 'http://127.0.0.1:2', 'http://127.0.0.1:3']

/** Plugins and handlers that note their life. */
function noting(): { readonly context: ConfigContext; readonly log: string[] } {
  const log: string[] = []
  const living = <T extends object>(thing: T, name: string): T => {
    log.push(`make ${name}`)
    return Object.assign(thing, {
      start: async () => {
        log.push(`start ${name}`)
        if (name === 'bad') throw new Error('no keys')
      },
      close: async () => void log.push(`close ${name}`),
    })
  }
  const note = definePlugin({
    name: 'note',
    create: ({ name }: { name: string }): Filter => living(requestHeaders({}), name),
  })
  return {
    log,
    context: {
      plugins: [note],
      handlers: { home: (): Handler => living(respond({}), 'home') },
      events: new EventHub(),
    },
  }
}

const open = (config: unknown, context?: ConfigContext): Promise<ConfiguredGateway> =>
  gatewayFromConfig(config as EdgeConfig, context)
const reload = (edge: ConfiguredGateway, config: unknown): Promise<void> => edge.reload(config as EdgeConfig)

describe('from one document to the next', () => {
  const pools = {
    same: { endpoints: FAR, balancer: 'leastConnections', health: { passive: { failures: 3 } } },
    moved: { endpoints: FAR.slice(0, 2) },
    other: { endpoints: FAR, spillOver: 2 },
    gone: { endpoints: FAR },
  }

  it('a pool that did not change is the same, with what is known of it; one of other endpoints gets them', async () => {
    await using edge = await open({ pools, routes: [] })
    const before = new Map(edge.pools)
    before.get('same')!.maintenance(FAR[0]!)
    before.get('moved')!.maintenance(FAR[1]!)
    const { gone: _gone, ...rest } = pools
    await reload(edge, {
      routes: [],
      pools: {
        ...rest,
        moved: { endpoints: [{ url: FAR[1], weight: 5 }, FAR[2]] },
        other: { endpoints: FAR, spillOver: 3 },
        fresh: { endpoints: FAR },
      },
    })
    const states = (name: string): string[] =>
      edge.pools.get(name)!.endpoints.map(({ name: url, state, weight }) => `${url.slice(-1)} ${state} ${weight}`)
    expect([...edge.pools.keys()]).toEqual(['same', 'moved', 'other', 'fresh'])
    expect(['same', 'moved', 'other'].map((name) => edge.pools.get(name) === before.get(name))).toEqual([
      true,
      true,
      false,
    ])
    expect([states('same')[0], states('moved')]).toEqual(['1 maintenance 1', ['2 maintenance 5', '3 up 1']])
    // Closed: they give nobody out any more.
    const closed = (name: string): boolean => {
      try {
        before.get(name)!.acquire({ upgrade: null } as never)
        return false
      } catch {
        return true
      }
    }
    await eventually(() => closed('gone') && closed('other'))
  })

  it('a pool whose fallback is another one is made anew, too', async () => {
    const chained = (spillOver: number): object => ({
      pools: { a: { endpoints: FAR, fallback: 'b' }, b: { endpoints: FAR, spillOver } },
      routes: [],
    })
    await using edge = await open(chained(2))
    const before = edge.pools.get('a')
    await reload(edge, chained(2))
    expect(edge.pools.get('a')).toBe(before)
    await reload(edge, chained(3))
    expect(edge.pools.get('a')).not.toBe(before)
  })

  it('filters that did not change stay, wherever their route now stands; others are started and closed', async () => {
    const { context, log } = noting()
    const note = (name: string): object => ({ note: { name } })
    const route = (path: string, ...names: string[]): object => ({ path, filters: names.map(note), respond: {} })
    await using edge = await open(
      {
        filters: [note('shared')],
        filterLists: { l: [note('listed')] },
        routes: [route('/a', 'a', 'twice', 'twice'), { ...route('/b', 'b'), filters: [{ list: 'l' }, note('b')] }],
      },
      context,
    )
    expect(log.filter((each) => each.startsWith('start')).length).toBe(6)
    log.length = 0
    await reload(edge, {
      filters: [note('shared')],
      filterLists: { l: [note('listed')] },
      routes: [
        { ...route('/b'), filters: [note('b2'), { list: 'l' }] },
        route('/c', 'c'),
        route('/a', 'twice', 'a', 'twice'),
      ],
    })
    await eventually(() => log.includes('close b'))
    expect(log).toEqual(['make b2', 'make c', 'start b2', 'start c', 'close b'])
  })

  it('a handler that did not change stays; one that is named no more is closed, and made anew when it is again', async () => {
    const { context, log } = noting()
    const home = { routes: [{ path: '/', handler: 'home' }] }
    await using edge = await open(home, context)
    await reload(edge, { routes: [{ path: '/other', respond: {} }, ...home.routes] })
    expect(log).toEqual(['make home'])
    await reload(edge, { routes: [] })
    await eventually(() => log.includes('close home'))
    await reload(edge, home)
    expect(log).toEqual(['make home', 'close home', 'make home'])
  })

  it('what uses a pool is made anew with it', async () => {
    const config = (spillOver: number): object => ({
      pools: { a: { endpoints: FAR, spillOver }, b: { endpoints: FAR } },
      routes: [
        { path: '/a', forward: 'a' },
        { path: '/b', forward: 'b' },
      ],
    })
    await using edge = await open(config(2))
    const chain = (path: string): unknown => edge.route({ method: 'GET', path, query: '', host: null, headers: {} })
    const before = [chain('/a'), chain('/b')]
    await reload(edge, config(3))
    expect([chain('/a') === before[0], chain('/b') === before[1]]).toEqual([false, false])
  })

  it.each<[string, unknown, string]>([
    ['wrong', { pools: { same: { endpoints: FAR }, fresh: { endpoints: FAR } }, routes: [{}] }, 'ERR_EDGE_CONFIG'],
    [
      'one whose endpoints its balancer can not have',
      { pools: { ...pools, moved: { endpoints: [{ url: FAR[0], weight: 70_000 }] } }, routes: [] },
      'ERR_EDGE_CONFIG',
    ],
    [
      'one with a filter that does not start',
      {
        pools: { ...pools, fresh: { endpoints: FAR } },
        filters: [{ note: { name: 'bad' } }],
        routes: [{ path: '/', respond: {} }],
      },
      '',
    ],
  ])('a document that is %s changes nothing', async (_what, config, code) => {
    const { context, log } = noting()
    await using edge = await open(
      { pools, routes: [{ path: '/', filters: [{ note: { name: 'old' } }], respond: {} }] },
      context,
    )
    const before = new Map(edge.pools)
    const error = await reload(edge, config).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject(code === '' ? { message: 'no keys' } : { code })
    expect([...edge.pools]).toEqual([...before])
    expect(edge.pools.get('moved')!.endpoints.map(({ name }) => name)).toEqual(FAR.slice(0, 2))
    expect(log).not.toContain('close old')
    await reload(edge, { pools, routes: [] })
    expect(edge.pools.get('same')).toBe(before.get('same'))
  })

  it('reloads take turns; the last one counts', async () => {
    await using edge = await open({ routes: [] })
    const told: string[] = []
    await Promise.all(
      ['/1', '/2', '/3'].map((path) => reload(edge, { routes: [{ path, respond: {} }] }).then(() => told.push(path))),
    )
    expect(told).toEqual(['/1', '/2', '/3'])
    expect('route' in edge.route({ method: 'GET', path: '/3', query: '', host: null, headers: {} })).toBe(true)
  })

  it('without a file there is none to read again; and none is reloaded that closes', async () => {
    const edge = await open({ pools, routes: [] })
    const all = [...edge.pools.values()]
    await expect(edge.reload()).rejects.toMatchObject({ code: 'ERR_EDGE_OPTION' })
    await edge.close()
    await expect(reload(edge, { routes: [] })).rejects.toMatchObject({ code: 'ERR_EDGE_CLOSING' })
    expect(() => all[0]!.acquire({ upgrade: null } as never)).toThrow()
  })

  it('does not open with a filter that does not start, and closes what was made', async () => {
    const { context, log } = noting()
    await expect(
      open(
        { filters: [{ note: { name: 'bad' } }, { note: { name: 'fine' } }], routes: [{ path: '/', respond: {} }] },
        context,
      ),
    ).rejects.toThrow('no keys')
    expect(log.filter((each) => each.startsWith('close')).toSorted()).toEqual(['close bad', 'close fine'])
  })
})
