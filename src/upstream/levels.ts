import type { Balancer } from '../balancing/balancer.js'
import type { Exchange } from '../exchange.js'
import { optionError } from '../options.js'
import type { Endpoint } from './endpoint.js'
import { type LevelPeek, peekAt } from './level-peek.js'

export type { LevelPeek } from './level-peek.js'

/** Endpoints of one priority, and with a zone of one side of its border, that share a balancer. */
export class Level {
  readonly priority: number
  /** Whether these stand in the pool's own zone; `null` where the pool has none. */
  readonly own: boolean | null
  readonly balancer: Balancer<Endpoint>
  endpoints: readonly Endpoint[] = []
  /** Share of new requests that begin here. */
  share = 0
  #weights: readonly number[] = []

  constructor(priority: number, own: boolean | null, balancer: Balancer<Endpoint>) {
    this.priority = priority
    this.own = own
    this.balancer = balancer
  }

  rebuild(endpoints: readonly Endpoint[], force: boolean): void {
    const same =
      endpoints.length === this.endpoints.length &&
      endpoints.every((endpoint, at) => endpoint === this.endpoints[at] && endpoint.weight === this.#weights[at])
    if (same && !force) return
    this.endpoints = endpoints
    this.#weights = endpoints.map(({ weight }) => weight)
    for (const endpoint of endpoints) endpoint.level = this
    this.balancer.rebuild(endpoints)
  }
}

export interface LevelsOptions {
  /** Endpoints there come before others of the same priority. */
  readonly zone: string | undefined
  readonly spillOver: number
  readonly panicThreshold: number
  readonly random: () => number
  /** Told when too few endpoints are well, and when enough are again. */
  readonly onPanic: (panic: boolean) => void
}

/**
 * Shares a pool's traffic among its levels as Envoy does among priorities: the first gets what its available part, taken
 * `spillOver` times, suffices for; the next takes from the rest.
 */
export class Levels {
  readonly #options: LevelsOptions
  /** Balancers of levels that are gone, to be used before others are made. */
  readonly #spare: Balancer<Endpoint>[]
  readonly #fork: (() => Balancer<Endpoint>) | undefined
  readonly balancerName: string
  #levels: readonly Level[] = []
  /** The level that gets everything, if one does. */
  #sole: Level | null = null
  #panic = false

  constructor(balancer: Balancer<Endpoint>, options: LevelsOptions) {
    this.#options = options
    this.#spare = [balancer]
    this.#fork = balancer.fork?.bind(balancer)
    this.balancerName = balancer.name
  }

  get all(): readonly Level[] {
    return this.#levels
  }

  /** Whether so few are well that health counts for nothing. */
  get panic(): boolean {
    return this.#panic
  }

  /** @throws {@link EdgeError} `ERR_EDGE_OPTION` for endpoints that need more levels than the balancer can be had for. */
  check(endpoints: readonly Endpoint[], factory: string): void {
    if (this.#fork === undefined && this.#group(endpoints).length > 1)
      throw optionError(factory, 'balancer', this.balancerName, 'one with fork(), for several priorities or zones')
  }

  rebuild(endpoints: readonly Endpoint[]): void {
    const groups = this.#group(endpoints)
    const kept = new Map(this.#levels.map((level) => [this.#rank(level), level]))
    const stays = new Set(groups.map(({ rank }) => rank))
    for (const level of this.#levels) if (!stays.has(this.#rank(level))) this.#retire(level)
    this.#levels = groups.map(({ rank, priority, members }) => {
      const old = kept.get(rank)
      const own = this.#options.zone === undefined ? null : rank % 2 === 0
      const level = old ?? new Level(priority, own, this.#spare.pop() ?? this.#fork!())
      level.rebuild(members, old === undefined)
      return level
    })
    this.recount()
  }

  /** Works out the shares; after every change of membership, weight, mode or health. */
  recount(): void {
    this.#judgePanic()
    const parts = this.#levels.map(({ endpoints }) => {
      const total = weigh(endpoints)
      return total === 0 ? 0 : Math.min(1, (this.#options.spillOver * weigh(endpoints, isAvailable)) / total)
    })
    // Where all levels together fall short, each takes as much more as that.
    const sum = Math.min(
      1,
      parts.reduce((a, b) => a + b, 0),
    )
    let rest = 1
    this.#levels.forEach((level, at) => {
      level.share = sum === 0 ? 0 : Math.min(rest, parts[at]! / sum)
      if (level.share > 1 - 1e-9) level.share = 1
      rest -= level.share
    })
    this.#sole = this.#levels.length === 1 ? this.#levels[0]! : (this.#levels.find(({ share }) => share === 1) ?? null)
  }

  pick(exchange: Exchange, skip: (endpoint: Endpoint) => boolean): Endpoint | undefined {
    const level = this.#sole ?? this.#draw()
    const endpoint = level.balancer.pick(exchange, skip)
    return endpoint !== undefined || this.#levels.length === 1 ? endpoint : this.#spill(level, exchange, skip)
  }

  /** What `pick` would say, without a trace; `null` for nobody. */
  peek(exchange: Exchange, skip: (endpoint: Endpoint) => boolean): LevelPeek | null {
    return peekAt(this.#levels, this.#sole === null ? null : this.#levels.indexOf(this.#sole), exchange, skip)
  }

  #draw(): Level {
    let left = this.#options.random()
    for (const level of this.#levels) {
      left -= level.share
      if (left < 0) return level
    }
    return this.#levels[0]!
  }

  /** From a level that has no room, down to the last, and then from the top. */
  #spill(full: Level, exchange: Exchange, skip: (endpoint: Endpoint) => boolean): Endpoint | undefined {
    const count = this.#levels.length
    for (let at = this.#levels.indexOf(full) + 1, left = count - 1; left > 0; at++, left--) {
      const endpoint = this.#levels[at % count]!.balancer.pick(exchange, skip)
      if (endpoint !== undefined) return endpoint
    }
    return undefined
  }

  #judgePanic(): void {
    const { panicThreshold, onPanic } = this.#options
    if (panicThreshold === 0) return
    const endpoints = this.#levels.flatMap((level) => level.endpoints)
    const ready = weigh(endpoints, isReady)
    const panic = ready > 0 && weigh(endpoints, isReadyAndWell) / ready < panicThreshold
    for (const endpoint of endpoints) {
      endpoint.panicked = panic
      if (endpoint.refresh()) endpoint.level?.balancer.changed?.(endpoint)
    }
    if (panic === this.#panic) return
    this.#panic = panic
    onPanic(panic)
  }

  #retire(level: Level): void {
    level.balancer.rebuild([])
    this.#spare.push(level.balancer)
  }

  #group(endpoints: readonly Endpoint[]): { rank: number; priority: number; members: Endpoint[] }[] {
    const groups = new Map<number, { rank: number; priority: number; members: Endpoint[] }>()
    for (const endpoint of endpoints) {
      const { priority, zone } = endpoint
      const own = this.#options.zone === undefined || zone === this.#options.zone
      const rank = rankOf(priority, own)
      const group = groups.get(rank)
      if (group === undefined) groups.set(rank, { rank, priority, members: [endpoint] })
      else group.members.push(endpoint)
    }
    if (groups.size === 0) return [{ rank: 0, priority: 0, members: [] }]
    return [...groups.values()].sort((a, b) => a.rank - b.rank)
  }

  #rank({ priority, own }: Level): number {
    return rankOf(priority, own !== false)
  }
}

function rankOf(priority: number, own: boolean): number {
  return 2 * priority + (own ? 0 : 1)
}

const isAvailable = ({ available }: Endpoint): boolean => available
const isReady = ({ mode }: Endpoint): boolean => mode === 'ready'
const isReadyAndWell = ({ mode, well }: Endpoint): boolean => mode === 'ready' && well

function weigh(endpoints: readonly Endpoint[], counts?: (endpoint: Endpoint) => boolean): number {
  let sum = 0
  for (const endpoint of endpoints) if (counts === undefined || counts(endpoint)) sum += endpoint.weight
  return sum
}
