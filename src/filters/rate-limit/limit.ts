import type { Exchange } from '../../exchange.js'
import { compileRule } from '../../limiting/compile-rule.js'
import { type Limiter, type LimiterOptions, makeLimiter } from '../../limiting/limiter.js'
import { optionError } from '../../options.js'
import { compileKeys, type Keys } from './key-generator.js'
import { type Keyless, NO_KEY } from './keyless.js'
import { type LimitOptions, usualName } from './rate-limit-options.js'
import type { Wish } from './taking.js'

type Now<T> = T | Promise<T>

/** Numbers that a limit may have by whom it counts: more of them are a mistake, which would cost memory. */
const MOST_NUMBERS = 100

/** One limit of a filter, compiled. */
export interface Limit {
  readonly name: string
  /**
   * What an exchange wants of it; `null` if it is to be denied.
   *
   * @param keyless Asked, and told, when it has no key.
   */
  wishes(exchange: Exchange, keyless: (name: string) => Keyless): Now<readonly Wish[] | null>
  /** All limiters that it has by now. */
  limiters(): readonly Limiter[]
}

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function compileLimit(
  factory: string,
  options: LimitOptions,
  shared: Omit<LimiterOptions, 'limit' | 'name'>,
  ipv6Subnet: number,
): Limit {
  const { keyGenerator = 'address', cost = 1 } = options
  const { name, limiterOf, limiters } = compileLimiters(factory, options, shared)
  const keysOf = compileKeys(factory, keyGenerator, ipv6Subnet)
  const unitsOf = typeof cost === 'number' ? () => cost : cost
  return {
    name,
    limiters,
    wishes(exchange, keyless) {
      const wish = (keys: Keys, limiter: Limiter, units: number): readonly Wish[] | null => {
        if (keys !== null) return keys.map((key) => ({ name, limiter, key, cost: units }))
        const fate = keyless(name)
        if (fate === 'deny') return null
        return fate === 'pass' ? [] : [{ name, limiter, key: NO_KEY, cost: units }]
      }
      // One after the other: a promise that nobody waits for, since the next function threw, would end the process.
      const keys = keysOf(exchange)
      if (keys instanceof Promise)
        return keys.then(async (known) => wish(known, await limiterOf(exchange), await unitsOf(exchange)))
      const limiter = limiterOf(exchange)
      if (limiter instanceof Promise) return limiter.then(async (known) => wish(keys, known, await unitsOf(exchange)))
      const units = unitsOf(exchange)
      return units instanceof Promise ? units.then((known) => wish(keys, limiter, known)) : wish(keys, limiter, units)
    },
  }
}

/** What an exchange wants of all limits, in order; `null` if one of them is to deny it. */
export function wishesOf(
  limits: readonly Limit[],
  exchange: Exchange,
  keyless: (name: string) => Keyless,
  from = 0,
  found: readonly Wish[] = [],
): Now<readonly Wish[] | null> {
  let all = found
  for (let at = from; at < limits.length; at++) {
    const wishes = limits[at]!.wishes(exchange, keyless)
    if (wishes instanceof Promise)
      return wishes.then((late) =>
        late === null ? null : wishesOf(limits, exchange, keyless, at + 1, [...all, ...late]),
      )
    if (wishes === null) return null
    all = all.length === 0 ? wishes : [...all, ...wishes]
  }
  return all
}

interface Limiters {
  readonly name: string
  limiterOf(exchange: Exchange): Now<Limiter>
  limiters(): readonly Limiter[]
}

/** One limiter, or where a function says how many units there are, one for each of its numbers. */
function compileLimiters(
  factory: string,
  { limit, keyGenerator: _whom, cost: _units, name: given, ...rule }: LimitOptions,
  shared: Omit<LimiterOptions, 'limit' | 'name'>,
): Limiters {
  const make = (number: number, name: string | undefined): Limiter =>
    makeLimiter(factory, { ...shared, ...rule, limit: number, name })
  if (typeof limit !== 'function') {
    const limiter = make(limit, given)
    const { windowMs, period } = limiter.rule
    const name = given ?? usualName(limit, windowMs, period)
    return { name, limiterOf: () => limiter, limiters: () => [limiter] }
  }
  if (shared.store !== undefined && given === undefined)
    throw optionError(factory, 'name', undefined, 'a name that tells it apart from others in the store')
  // Made for its checks: the numbers are not known yet.
  const { windowMs, period } = compileRule(factory, { ...rule, limit: 1 })
  const name = given ?? usualName('limit', windowMs, period)
  const byNumber = new Map<number, Limiter>()
  const numbered = (number: number): Limiter => {
    const known = byNumber.get(number)
    if (known !== undefined) return known
    if (byNumber.size === MOST_NUMBERS)
      throw optionError(factory, 'limit', number, `one of the ${MOST_NUMBERS} numbers that it was before`)
    const made = make(number, `${name}:${number}`)
    byNumber.set(number, made)
    return made
  }
  return {
    name,
    limiters: () => [...byNumber.values()],
    limiterOf(exchange) {
      const number = limit(exchange)
      return number instanceof Promise ? number.then(numbered) : numbered(number)
    },
  }
}
