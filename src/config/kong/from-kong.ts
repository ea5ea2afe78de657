import { EdgeError } from '../../errors.js'
import { loadPackage } from '../../load-package.js'
import { check, checkOptions, optionError } from '../../options.js'
import type { EdgeConfig, RouteConfig } from '../edge-config.js'
import type { FilterConfig } from '../filter-config.js'
import type { ForwardConfig, HandlerChoice } from '../handler-config.js'
import type { PoolConfig } from '../pool-config.js'
import { type KongConsumers, readConsumers } from './consumers.js'
import { type KongNote, Notes } from './notes.js'
import { given } from './plugin.js'
import { nearestPlugins } from './plugins.js'
import { type KongAddress, readPool } from './pools.js'
import { readConditions, routesOf } from './routes.js'
import { Section } from './section.js'

export interface KongOptions {
  /**
   * Whether to go on where something cannot be said here that keeps requests out in Kong: the routes that it concerns then answer 501, or
   * are left out where their conditions are what cannot be said. @default false: an error that lists all of it
   */
  readonly partial?: boolean | undefined
}

/** What {@link fromKong} makes of a file. */
export interface KongImport {
  /** What `gatewayFromConfig` takes, or what to write to a file and go on from. */
  readonly config: EdgeConfig
  /** What works otherwise here, or is not there: read it before anybody else does. */
  readonly notes: readonly KongNote[]
}

/**
 * Makes a configuration of one in Kong's declarative format (`_format_version` 2.1 or 3.0, as decK and DB-less Kong have it): services,
 * routes, upstreams with their targets and health checks, consumers with their keys, passwords, JWT secrets and groups, and the plugins
 * that most gateways use. Nothing is let through that Kong would keep out.
 *
 * @param document The text of the file, in YAML or JSON, or what was parsed of it.
 * @throws {@link EdgeError} `ERR_EDGE_OPTION` for what is no such document, and for all that would let something through.
 * @example
 * ```ts
 * import { fromKong, gatewayFromConfig } from 'edgewise/config'
 *
 * const { config, notes } = fromKong(await readFile('kong.yaml', 'utf8'))
 * for (const { at, what } of notes) console.warn(`${at}: ${what}`)
 * const gateway = await gatewayFromConfig(config)
 * ```
 */
export function fromKong(document: string | object, options: KongOptions = {}): KongImport {
  checkOptions('fromKong', options, { partial: check.boolean })
  const notes = new Notes()
  const importer = new Importer(new Section(parsed(document), '', notes))
  const config = importer.run()
  const { unsafe } = notes
  if (unsafe.length > 0 && options.partial !== true) {
    const list = unsafe.map(({ at, what }) => `\n  ${at}: ${what}`).join('')
    throw new EdgeError(
      'ERR_EDGE_OPTION',
      `fromKong: without a counterpart for these, something would pass that Kong keeps out; { partial: true } closes what they concern:${list}`,
    )
  }
  return { config, notes: notes.all }
}

function parsed(document: string | object): unknown {
  if (typeof document !== 'string') return document
  const { parse } = loadPackage<typeof import('yaml')>('yaml', 'fromKong')
  try {
    return parse(document, { maxAliasCount: 100 })
  } catch (error) {
    throw optionError('fromKong', 'document', (error as Error).message, 'YAML or JSON')
  }
}

class Importer {
  readonly #document: Section
  readonly #consumers: KongConsumers
  readonly #upstreams: ReadonlyMap<string, Section>
  readonly #topPlugins: readonly Section[]
  readonly #topRoutes: readonly Section[]
  readonly #pools: Record<string, PoolConfig> = {}

  constructor(document: Section) {
    const version = document.text('_format_version') ?? ''
    if (!/^(?:2\.\d|3\.\d)$/.test(version)) throw optionError('fromKong', '_format_version', version, '2.1 or 3.0')
    this.#document = document.skip('_transform', '_info', '_workspace')
    this.#consumers = readConsumers(document.sections('consumers'))
    const upstreams = document.sections('upstreams')
    this.#upstreams = new Map(upstreams.map((upstream) => [upstream.text('name') ?? '', upstream]))
    this.#topPlugins = document.sections('plugins')
    this.#topRoutes = document.sections('routes')
  }

  run(): EdgeConfig {
    const routes: RouteConfig[] = []
    for (const service of this.#document.sections('services')) {
      if (service.flag('enabled') === false) continue
      routes.push(...this.#serviceRoutes(service))
    }
    for (const route of this.#topRoutes)
      if (refOf(route.any('service')) === undefined) route.note('left-out', 'a route without a service')
    for (const plugin of this.#topPlugins)
      if (plugin.any('consumer') !== undefined)
        plugin.note('unsafe', `plugin "${plugin.any('name')}" of a consumer: use consumers() and planLimits()`)
    this.#document.finish('left-out')
    return { pools: this.#pools, routes }
  }

  #serviceRoutes(service: Section): RouteConfig[] {
    const names = [service.any('name'), service.any('id')].filter((each) => each !== undefined)
    const forward = this.#forwardTo(service)
    const mine = this.#pluginsFor('service', names)
    const plugins = [...service.sections('plugins'), ...mine]
    const routes = [
      ...service.sections('routes'),
      ...this.#topRoutes.filter((route) => names.includes(refOf(route.any('service')) as never)),
    ]
    service.finish('left-out')
    return routes.flatMap((route) => this.#routesOf(route, forward, plugins))
  }

  #routesOf(route: Section, forward: ForwardConfig, ofService: readonly Section[]): RouteConfig[] {
    const names = [route.any('name'), route.any('id')].filter((each) => each !== undefined)
    const own = [...route.sections('plugins'), ...this.#pluginsFor('route', names)]
    const conditions = route.strictly(() => readConditions(route), 'unsafe')
    const placed = nearestPlugins([...own, ...ofService, ...this.#pluginsFor(null, [])], this.#consumers)
    if (conditions === null) return []
    const closed = placed.some(({ imported }) => imported === null)
    const filters: readonly FilterConfig[] = placed.flatMap(({ imported }) => imported?.filters ?? [])
    const handler: HandlerChoice | undefined = closed
      ? { respond: { status: 501 } }
      : placed.find(({ imported }) => imported?.handler !== undefined)?.imported?.handler
    return routesOf(conditions, { forward, filters: closed ? [] : filters, handler })
  }

  /** Plugins of the top of the document: those of one service or route, or those of everybody. */
  #pluginsFor(kind: 'service' | 'route' | null, names: readonly unknown[]): readonly Section[] {
    return this.#topPlugins.filter((plugin) => {
      const [service, route] = [refOf(plugin.any('service')), refOf(plugin.any('route'))]
      if (kind === null) return service === undefined && route === undefined
      return kind === 'route'
        ? names.includes(route) && route !== undefined
        : route === undefined && service !== undefined && names.includes(service)
    })
  }

  #forwardTo(service: Section): ForwardConfig {
    const address = addressOf(service)
    const upstream = this.#upstreams.get(address.host)
    const pool = this.#poolName(service, address, upstream)
    const retries = service.number('retries')
    const [connect, read] = [service.number('connect_timeout'), service.number('read_timeout')]
    service.skip('write_timeout')
    const grpc = (service.text('protocol') ?? '').startsWith('grpc')
    return given({
      pool,
      retry:
        retries === undefined ? undefined : retries === 0 ? (false as const) : { attempts: Math.min(retries + 1, 100) },
      connectTimeoutMs: connect,
      firstByteTimeoutMs: read,
      idleTimeoutMs: read,
      transport: grpc ? ('http2' as const) : undefined,
    })
  }

  /** Services that go to one upstream alike share a pool. */
  #poolName(service: Section, address: KongAddress, upstream: Section | undefined): string {
    const made = readPool(service, address, upstream)
    const wanted = upstream === undefined ? ((service.any('name') as string | undefined) ?? address.host) : address.host
    for (let at = 1; ; at++) {
      const name = at === 1 ? wanted : `${wanted}-${at}`
      const known = Object.hasOwn(this.#pools, name) ? this.#pools[name] : undefined
      if (known !== undefined && JSON.stringify(known) !== JSON.stringify(made)) continue
      this.#pools[name] = made
      return name
    }
  }
}

function addressOf(service: Section): KongAddress {
  const given = service.text('url')
  const url = given === undefined ? null : URL.parse(given)
  if (given !== undefined && url === null) throw optionError('fromKong', `${service.at}.url`, given, 'a URL')
  const scheme = url === null ? (service.text('protocol') ?? 'http') : url.protocol.slice(0, -1)
  const protocol = scheme === 'https' || scheme === 'grpcs' ? 'https' : 'http'
  if (!/^(?:https?|grpcs?)$/.test(scheme)) service.note('unsafe', `protocol ${scheme}: see createTcpBalancer()`)
  const host = url === null ? (service.text('host') ?? '') : url.hostname
  const fallback = protocol === 'https' ? 443 : 80
  const port = url === null ? (service.number('port') ?? 80) : Number(url.port || fallback)
  const path = ((url === null ? service.text('path') : url.pathname) ?? '').replace(/\/+$/, '')
  return { protocol, host, port, path }
}

/** The name or id that another entity is referred to by. */
function refOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value ?? undefined
  const { name, id, username } = value as Readonly<Record<string, unknown>>
  return name ?? id ?? username
}
