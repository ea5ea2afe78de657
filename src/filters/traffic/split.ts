import { Chance } from '../../balancing/chance.js'
import { hash32 } from '../../balancing/hash.js'
import { compileKeys, type HashKey, type KeyReader } from '../../balancing/hash-key.js'
import { type Exchange, type StateKey, stateKey } from '../../exchange.js'
import { branching, type Handler } from '../../filter.js'
import { changeHeaders } from '../../http/header-map.js'
import { check, checkOptions, optionError } from '../../options.js'
import type { HandlerVerdict } from '../../verdict.js'
import { changeReply } from '../reply-fields.js'
import { SplitCookie, type SplitCookieOptions } from './split-cookie.js'

/** Where a part of the traffic goes. */
export interface SplitBranch {
  /** Answers it. */
  readonly handler: Handler
  /** Its share of the sum of all weights; 0 takes no new clients. */
  readonly weight: number
}

export interface SplitOptions {
  /** Who gets how much of the traffic. In the order they stand in: see `key`. */
  readonly branches: Readonly<Record<string, SplitBranch>>
  /**
   * What decides, so that a client is always sent the same way: as `ringHash` takes it. A change of two neighbours' weights moves only those between
   * them, so let what grows stand last. Requests without the key are sent by chance.
   *
   * @default none: by chance, each time
   */
  readonly key?: HashKey | undefined
  /** Keeps a client where it was sent first, by a cookie, until that branch's weight is 0. @default none */
  readonly cookie?: SplitCookieOptions | undefined
  /** Numbers from 0 to below 1. @default a generator of its own */
  readonly random?: (() => number) | undefined
}

/** A handler that {@link split} made. */
export interface Split extends Handler {
  /** Sends more or fewer new clients to a branch from now on. @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
  setWeight(branch: string, weight: number): void
  /** By branch. */
  readonly weights: Readonly<Record<string, number>>
}

const KEY: StateKey<string> = stateKey('branch')
const weight = check.whole(0, 1_000_000)

/**
 * The branch that {@link split} sent an exchange to.
 *
 * @example
 * ```ts
 * events.on('exchange', ({ exchange, outcome }) => console.log(branchOf(exchange), outcome.status))
 * ```
 */
export function branchOf(exchange: Exchange | undefined): string | undefined {
  return exchange?.get(KEY)
}

/**
 * Splits traffic among handlers by weight, as NGINX's `split_clients`, ALB's weighted target groups or the Gateway API's
 * `backendRefs`: for canaries, blue and green, experiments. A branch may forward to a pool, answer in this process, or hand over.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const shop = split({
 *   branches: { stable: { handler: forward({ pool: shopV1 }), weight: 95 }, canary: { handler: forward({ pool: shopV2 }), weight: 5 } },
 *   cookie: { name: 'shop-branch' },
 * })
 * shop.setWeight('canary', 25)
 * ```
 */
export function split(options: SplitOptions): Split {
  checkOptions('split', options, {
    branches: check.object,
    key: check.anything,
    cookie: check.object,
    random: check.function,
  })
  const branches = Object.entries(options.branches ?? {})
  if (branches.length === 0) throw optionError('split', 'branches', options.branches, 'at least one branch by its name')
  for (const [name, branch] of branches) {
    const factory = `split, branch "${name}"`
    checkOptions(factory, branch, { handler: check.function, weight })
    if (branch.handler === undefined) throw optionError(factory, 'handler', undefined, 'a function')
    if (branch.weight === undefined) throw optionError(factory, 'weight', undefined, weight(undefined)!)
  }
  const splitter = new Splitter(branches, options)
  const run = (exchange: Exchange): ReturnType<Handler> => splitter.send(exchange)
  return Object.defineProperties(
    branching(
      run,
      branches.map(([, { handler }]) => handler),
    ),
    {
      setWeight: { value: (name: string, value: number) => splitter.setWeight(name, value) },
      weights: { get: () => splitter.weights },
      explain: { value: (exchange: Exchange) => splitter.explain(exchange) },
    },
  ) as Split
}

class Splitter {
  readonly #names: readonly string[]
  readonly #handlers: readonly Handler[]
  readonly #weights: number[]
  readonly #key: KeyReader | null
  readonly #cookie: SplitCookie | null
  readonly #chance: Chance
  #total = 0

  constructor(branches: readonly (readonly [string, SplitBranch])[], { key, cookie, random }: SplitOptions) {
    this.#names = branches.map(([name]) => name)
    this.#handlers = branches.map(([, { handler }]) => handler)
    this.#weights = branches.map(([, branch]) => branch.weight)
    this.#key = key === undefined ? null : compileKeys('split', key, undefined)
    this.#cookie = cookie === undefined ? null : new SplitCookie(this.#names, cookie)
    this.#chance = new Chance(random)
    this.#sum()
  }

  get weights(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#names.map((name, at) => [name, this.#weights[at]!]))
  }

  setWeight(name: string, value: number): void {
    const at = this.#names.indexOf(name)
    if (at === -1) throw optionError('setWeight', 'branch', name, this.#names.join(', '))
    checkOptions('setWeight', { weight: value }, { weight })
    const before = this.#weights[at]!
    this.#weights[at] = value
    try {
      this.#sum()
    } catch (error) {
      this.#weights[at] = before
      throw error
    }
  }

  send(exchange: Exchange): ReturnType<Handler> {
    const kept = this.#keptAt(exchange)
    const at = kept === -1 ? this.#choose(exchange) : kept
    exchange.set(KEY, this.#names[at]!)
    const handler = this.#handlers[at]!
    if (this.#cookie === null || kept !== -1) return handler(exchange)
    const line = this.#cookie.line(exchange, at)
    return changeReply(
      exchange,
      () => handler(exchange),
      (headers) => changeHeaders(headers, { 'set-cookie': [headers['set-cookie'] ?? [], line].flat() }),
    )
  }

  explain(exchange: Exchange): HandlerVerdict {
    const kept = this.#keptAt(exchange)
    if (kept !== -1) return this.#chosen([kept], 'its cookie names the branch', exchange)
    const key = this.#key?.(exchange)
    if (key !== undefined) return this.#chosen([this.#at(pointOf(key))], 'by the key of the request', exchange)
    const open = [...this.#weights.keys()].filter((at) => this.#weights[at]! > 0)
    return this.#chosen(open, open.length === 1 ? 'no other branch has a weight' : 'by chance', exchange)
  }

  #chosen(branches: readonly number[], why: string, exchange: Exchange): HandlerVerdict {
    const ways = branches.map((at) => ({
      name: this.#names[at]!,
      why: branches.length === 1 ? why : `${Math.round((this.#weights[at]! / this.#total) * 100)} %`,
      handler: this.#handlers[at]!,
      exchange,
    }))
    return { handler: 'split', verdict: 'choose', why, ways }
  }

  /** The branch that the client's cookie names, if it takes anybody; -1 for none. */
  #keptAt(exchange: Exchange): number {
    const kept = this.#cookie?.read(exchange) ?? -1
    return kept !== -1 && this.#weights[kept]! > 0 ? kept : -1
  }

  #choose(exchange: Exchange): number {
    const key = this.#key?.(exchange)
    if (key === undefined) this.#chance.roll()
    return this.#at(key === undefined ? this.#chance.value[0]! : pointOf(key))
  }

  /** @param point Between 0 and 1. */
  #at(point: number): number {
    let rest = point * this.#total
    for (let at = 0; at < this.#weights.length; at++) {
      rest -= this.#weights[at]!
      if (rest < 0) return at
    }
    // Not reached but by rounding.
    return this.#weights.findLastIndex((each) => each > 0)
  }

  #sum(): void {
    const total = this.#weights.reduce((sum, each) => sum + each, 0)
    if (total === 0) throw optionError('split', 'weight', 0, 'more than 0 for at least one branch')
    this.#total = total
  }
}

function pointOf(key: string): number {
  return (hash32(key) >>> 0) / 2 ** 32
}
