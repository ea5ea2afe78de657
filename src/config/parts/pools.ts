import type { EventHub } from '../../events.js'
import { checkHttpEndpoint } from '../../forwarding/forward-options.js'
import { optionError } from '../../options.js'
import { createPool, type PoolOptions } from '../../pool.js'
import { checkEndpoint, readAddress } from '../../upstream/address.js'
import type { Pool } from '../../upstream/pool.js'
import type { Path } from '../document/path.js'
import type { Problems } from '../document/problems.js'
import { makeBalancer } from './balancers.js'
import { type Data, isData, made, named, optionsOf } from './parts.js'
import { poolOptions } from './pool-options.js'

type Endpoints = NonNullable<PoolOptions['endpoints']>

/** A pool that a document made, and what it made it of. */
export interface MadePool {
  readonly pool: Pool
  /** All of its definition but the endpoints, as text. */
  readonly definition: string
  readonly endpoints: string
  readonly fallback: Pool | null
}

/** The pools of a document; `fresh` are those that were not there before. */
export interface MadePools {
  readonly made: ReadonlyMap<string, MadePool>
  readonly fresh: readonly Pool[]
  /** Names under which there is something that is no pool, which has been told. */
  readonly broken: ReadonlySet<string>
  /** Gives those that stayed the endpoints that they have now. */
  sync(): void
}

export interface PoolContext {
  /** Those that code gives, which a document may name. */
  readonly given: ReadonlyMap<string, Pool>
  readonly before: ReadonlyMap<string, MadePool>
  readonly events: EventHub
  readonly problems: Problems
  resolvePath(path: string): string
}

/** Makes the pools of a document, and takes over those that are as they were: their health, their latency and what is in flight. */
export function makePools(configs: unknown, context: PoolContext): MadePools {
  const { problems } = context
  if (configs !== undefined && configs !== null && !isData(configs)) {
    problems.add(['pools'], 'an object: pools by their names')
    return { made: new Map(), fresh: [], broken: new Set(), sync: () => {} }
  }
  const maker = new PoolMaker(configs ?? {}, context)
  for (const name of Object.keys(configs ?? {})) maker.make(name, [])
  return maker
}

class PoolMaker implements MadePools {
  readonly made = new Map<string, MadePool>()
  readonly fresh: Pool[] = []
  readonly broken = new Set<string>()
  readonly #configs: Data
  readonly #context: PoolContext
  /** Those that were tried, whatever came of it. */
  readonly #tried = new Set<string>()
  readonly #syncs: (() => void)[] = []

  constructor(configs: Data, context: PoolContext) {
    this.#configs = configs
    this.#context = context
  }

  sync(): void {
    for (const run of this.#syncs) run()
  }

  make(name: string, asked: readonly string[]): Pool | undefined {
    const { problems } = this.#context
    const path: Path = ['pools', name]
    if (asked.includes(name)) {
      problems.add(
        ['pools', asked.at(-1)!, 'fallback'],
        `pools that fall back on each other: ${[...asked, name].join(' → ')}`,
      )
      return undefined
    }
    if (!this.#tried.has(name)) {
      this.#tried.add(name)
      const made = problems.try(path, () => this.#make(name, [...asked, name]))
      if (made === undefined) this.broken.add(name)
      else this.made.set(name, made)
    }
    return this.made.get(name)?.pool
  }

  #make(name: string, asked: readonly string[]): MadePool | undefined {
    const { given, before } = this.#context
    if (given.has(name))
      throw optionError('pools', name, 'an object', 'a name that none of the pools has that code gives')
    const config = optionsOf('createPool', this.#configs[name])
    if (config['name'] !== undefined)
      throw optionError('createPool', 'name', config['name'], 'nothing: a pool is called what it stands under')
    this.#checkEndpoints(config['endpoints'], ['pools', name, 'endpoints'])
    const { endpoints = [], fallback: other, ...rest } = config
    const fallback = other === undefined ? null : this.#fallback(other, asked)
    if (fallback === undefined) return undefined
    const known = before.get(name)
    // With a discovery they are only what it begins with.
    const definition = JSON.stringify([rest, other, rest['discovery'] === undefined ? null : endpoints])
    const list = JSON.stringify(endpoints)
    if (known !== undefined && known.definition === definition && known.fallback === fallback) {
      if (known.endpoints !== list) this.#keep(known.pool, rest, endpoints as Endpoints)
      return { ...known, endpoints: list }
    }
    const pool = this.#create(name, config, fallback)
    return { pool, definition, endpoints: list, fallback }
  }

  /** Each by itself, so that all that is wrong with them is told, and where. */
  #checkEndpoints(endpoints: unknown, path: Path): void {
    if (!Array.isArray(endpoints)) return
    const good = endpoints.map((endpoint: unknown, at) =>
      this.#context.problems.try([...path, at], () => {
        const options = checkEndpoint(endpoint as string, 'createPool')
        if (options.handler !== undefined)
          throw optionError('createPool', 'handler', options.handler, 'nothing: it is for code')
        return readAddress(options, 'createPool')
      }),
    )
    made(good)
  }

  #fallback(name: unknown, asked: readonly string[]): Pool | undefined {
    if (typeof name === 'string' && Object.hasOwn(this.#configs, name)) return this.make(name, asked)
    const others = new Map([...Object.keys(this.#configs).map((each) => [each, null] as const), ...this.#context.given])
    return named(others, 'createPool', 'fallback', name, 'the name of a pool') ?? undefined
  }

  #create(name: string, config: Data, fallback: Pool | null): Pool {
    const { events, resolvePath } = this.#context
    const options = { ...config, ...poolOptions(config, resolvePath), ...(fallback === null ? {} : { fallback }) }
    const pool = createPool({ ...options, name, events } as PoolOptions)
    this.fresh.push(pool)
    for (const endpoint of pool.endpoints) checkHttpEndpoint(endpoint)
    return pool
  }

  /** Tries the endpoints first, on a pool that nobody uses: what is wrong with them must be known before anything changes. */
  #keep(pool: Pool, rest: Data, endpoints: Endpoints): void {
    const { balancer } = rest
    const strategy = balancer === undefined ? {} : { balancer: makeBalancer(balancer) }
    const trial = createPool({ name: pool.name, endpoints, events: pool.events, ...strategy })
    for (const endpoint of trial.endpoints) checkHttpEndpoint(endpoint)
    void trial.close()
    this.#syncs.push(() => pool.sync(endpoints))
  }
}
