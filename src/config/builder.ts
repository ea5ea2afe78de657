import type { EventHub } from '../events.js'
import { type Filter, type Handler, lifeOf } from '../filter.js'
import { checkGateway, type GatewayOptions } from '../gateway-options.js'
import { GatewayPlan } from '../gateway-plan.js'
import { compileTrust } from '../http/trust.js'
import { didYouMean, optionError } from '../options.js'
import type { RouteOptions } from '../routing/route.js'
import type { Pool } from '../upstream/pool.js'
import type { Path } from './document/path.js'
import { type Problems, Told } from './document/problems.js'
import type { FilterMaker } from './filter-maker.js'
import { CHOICES, HANDLERS, inFront } from './parts/handlers.js'
import { type Data, isData, made, named, type Parts, withRegExps } from './parts/parts.js'
import type { MadePools } from './parts/pools.js'
import { Stock } from './stock.js'

/** Things that a document may name, by their names. */
export interface Names {
  readonly handlers: ReadonlyMap<string, () => Handler>
  readonly pools: ReadonlyMap<string, Pool>
  readonly stores: ReadonlyMap<string, object>
}

export interface BuilderParts {
  readonly names: Names
  readonly filters: FilterMaker
  readonly pools: MadePools
  /** What the document in force made. */
  readonly before: Stock | null
  readonly events: EventHub
  readonly problems: Problems
}

const POLICY: readonly string[] = [
  'trustedProxies',
  'caseSensitive',
  'underscoreHeaders',
  'encodedSlashes',
  'pathParameters',
  'maxPathLength',
]
const TOP: readonly string[] = ['$schema', 'pools', 'filterLists', 'filters', 'routes', ...POLICY]
const MATCH: readonly string[] = ['path', 'methods', 'hosts', 'headers', 'query']

/** Makes a gateway's options of a document's data, and takes over of the one before what did not change. */
export class Builder implements Parts {
  readonly stock: Stock
  readonly events: EventHub
  readonly #names: Names
  readonly #filters: FilterMaker
  readonly #problems: Problems
  readonly #pools: ReadonlyMap<string, Pool>
  readonly #there: ReadonlySet<Pool>
  readonly #broken: ReadonlySet<string>
  /** `null` while one is being made. */
  readonly #lists = new Map<string, readonly Filter[] | null>()
  #listConfigs: Data = {}

  constructor({ names, filters, pools, before, events, problems }: BuilderParts) {
    this.stock = new Stock(before)
    this.events = events
    this.#names = names
    this.#filters = filters
    this.#problems = problems
    this.#pools = new Map([...[...pools.made].map(([name, { pool }]) => [name, pool] as const), ...names.pools])
    this.#there = new Set(this.#pools.values())
    this.#broken = pools.broken
  }

  build(data: Data): GatewayOptions {
    this.#refuseUnknown(data, [], TOP)
    const policy = Object.fromEntries(POLICY.filter((key) => present(data[key])).map((key) => [key, data[key]]))
    for (const [key, value] of Object.entries(policy))
      this.#problems.try([], () => {
        checkGateway('configuration', { routes: [], [key]: value })
        if (key === 'trustedProxies') compileTrust(value as string[], 'configuration')
      })
    if (isData(data['filterLists'])) this.#listConfigs = data['filterLists']
    else if (present(data['filterLists']))
      this.#problems.add(['filterLists'], 'an object: lists of filters by their names')
    // All of them, so that what is wrong with one is told before somebody uses it.
    for (const name of Object.keys(this.#listConfigs)) this.#problems.try(['filterLists', name], () => this.#list(name))
    const filters = this.#filtersOf(data['filters'], ['filters'], 'gateway')
    const { routes } = data
    if (!Array.isArray(routes))
      this.#problems.add(['routes'], `an array of routes${present(routes) ? '' : ', which is missing'}`)
    const shared = { filters, caseSensitive: policy['caseSensitive'] !== false }
    const found = (Array.isArray(routes) ? routes : []).map((route: unknown, at) =>
      this.#route(route, ['routes', at], shared),
    )
    const options = { ...policy, filters, routes: found.filter((route) => route !== undefined), events: this.events }
    // All of it once more, so that nothing is left for the gateway to refuse.
    if (!this.#problems.any) this.#problems.try([], () => new GatewayPlan(options))
    return options
  }

  /** Lets go of what was made for a document that will not be in force. */
  async discard(): Promise<void> {
    await Promise.allSettled(this.stock.fresh.map((thing) => lifeOf(thing as Handler).close()))
  }

  pool(factory: string, option: string, name: unknown): Pool {
    if (this.#broken.has(name as string)) throw new Told()
    return this.stock.uses(named(this.#pools, factory, option, name, 'the name of a pool'))
  }

  store(factory: string, option: string, name: unknown): object {
    return named(this.#names.stores, factory, option, name, 'the name of a store')
  }

  filter(config: unknown, path: Path): Filter | undefined {
    return this.#filter(config, path, null)
  }

  handler(config: unknown, path: Path, own: readonly string[] = []): Handler | undefined {
    return this.#answering(config, path, own, null)
  }

  #route(
    config: unknown,
    path: Path,
    shared: { filters: readonly Filter[]; caseSensitive: boolean },
  ): RouteOptions | undefined {
    const match = isData(config)
      ? Object.fromEntries(MATCH.filter((key) => present(config[key])).map((key) => [key, config[key]]))
      : {}
    const place = `route ${JSON.stringify(match)}`
    const handler = this.#answering(isData(config) ? { ...config, filters: undefined } : config, path, MATCH, place)
    const filters = isData(config) ? this.#filtersOf(config['filters'], [...path, 'filters'], place) : []
    if (handler === undefined) return undefined
    return this.#problems.try(path, () => {
      const route = { ...withRegExps(match, 'headers.*', 'query.*'), filters, handler } as unknown as RouteOptions
      // Tried alone, so that what is wrong is known to be its fault.
      new GatewayPlan({ ...shared, routes: [route] })
      return route
    })
  }

  /** @param place Of what is kept for the next document; `null` for what is a part of something else. */
  #answering(config: unknown, path: Path, own: readonly string[], place: string | null): Handler | undefined {
    return this.#problems.try(path, () => {
      if (!isData(config)) throw new Error(`an object with one of ${CHOICES.join(', ')}`)
      this.#refuseUnknown(config, path, [...CHOICES, 'filters', ...own])
      const chosen = CHOICES.filter((key) => Object.hasOwn(config, key))
      const [choice] = chosen
      if (choice === undefined || chosen.length > 1)
        throw new Error(`exactly one of ${CHOICES.join(', ')}, not ${chosen.join(' and ') || 'none'}`)
      const filters = this.#filtersOf(config['filters'], [...path, 'filters'], null)
      const [handler] = made([
        this.#problems.try([...path, choice], () => this.#choice(choice, config[choice], [...path, choice], place)),
      ])
      return inFront(filters, handler!)
    })
  }

  #choice(choice: string, config: unknown, path: Path, place: string | null): Handler {
    const make = (): Handler => {
      if (choice !== 'handler') return HANDLERS[choice as keyof typeof HANDLERS](config, this, path)
      const handler: unknown = named(this.#names.handlers, 'handler', 'handler', config, 'the name of a handler')()
      if (typeof handler !== 'function')
        throw optionError('handlers', String(config), handler, 'what returns a handler')
      return handler as Handler
    }
    return place === null ? make() : this.#kept(`${place} ${choice}`, config, make)
  }

  #filtersOf(configs: unknown, path: Path, place: string | null): Filter[] {
    if (!present(configs)) return []
    if (!Array.isArray(configs)) {
      this.#problems.add(path, 'an array of filters')
      return []
    }
    return configs.flatMap((config: unknown, at) => {
      if (!isData(config) || !Object.hasOwn(config, 'list')) return this.#filter(config, [...path, at], place) ?? []
      return (
        this.#problems.try([...path, at], () => {
          this.#refuseUnknown(config, [...path, at], ['list'])
          named(
            new Map(Object.entries(this.#listConfigs)),
            'filter',
            'list',
            config['list'],
            'the name of a list of filters',
          )
          return this.#list(String(config['list']))
        }) ?? []
      )
    })
  }

  #list(name: string): readonly Filter[] {
    const known = this.#lists.get(name)
    if (known === null) throw optionError('filter', 'list', name, 'a list that is no part of itself')
    if (known !== undefined) return known
    this.#lists.set(name, null)
    const filters = this.#filtersOf(this.#listConfigs[name], ['filterLists', name], `list ${name}`)
    this.#lists.set(name, filters)
    return filters
  }

  #filter(config: unknown, path: Path, place: string | null): Filter | undefined {
    const found = this.#problems.try(path, () => this.#filters.read(config, path))
    if (found === undefined) return undefined
    const make = (): Filter => this.#filters.make(found, this)
    return this.#problems.try(found.path, () =>
      place === null ? make() : this.#kept(`${place} ${found.name}`, found.config, make),
    )
  }

  #kept<T>(place: string, config: unknown, make: () => T): T {
    return this.stock.take(place, config, (pool) => this.#there.has(pool), make)
  }

  #refuseUnknown(data: Data, path: Path, known: readonly string[]): void {
    for (const key of Object.keys(data))
      if (!known.includes(key))
        this.#problems.add([...path, key], `unknown option.${didYouMean(key, known)} Known: ${known.join(', ')}`)
  }
}

function present(value: unknown): boolean {
  return value !== undefined && value !== null
}
