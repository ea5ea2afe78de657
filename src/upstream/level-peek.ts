import type { Exchange } from '../exchange.js'
import type { Endpoint } from './endpoint.js'
import type { Level } from './levels.js'

/** Whom levels would pick. */
export interface LevelPeek {
  readonly fate: 'endpoint' | 'chance' | 'unknown'
  readonly endpoint: Endpoint | undefined
  readonly candidates: readonly Endpoint[]
  readonly why: string
}

/**
 * Looks where a pick would begin, and from there on where it would go next.
 *
 * @param sole The level that gets everything; `null` where chance decides among those with a share.
 */
export function peekAt(
  levels: readonly Level[],
  sole: number | null,
  exchange: Exchange,
  skip: (endpoint: Endpoint) => boolean,
): LevelPeek | null {
  if (sole !== null) return peekFrom(levels, sole, exchange, skip)
  const begun = levels.flatMap((level, at) => (level.share > 0 ? [at] : []))
  const peeks = (begun.length === 0 ? [0] : begun).flatMap((at) => peekFrom(levels, at, exchange, skip) ?? [])
  const endpoints = new Set(peeks.flatMap(({ endpoint, candidates }) => [endpoint ?? [], candidates].flat()))
  const [first, ...others] = peeks
  if (first === undefined || (others.length === 0 && begun.length < 2) || endpoints.size === 1) return first ?? null
  const shares = begun.map((at) => `${nameOf(levels[at]!)} ${Math.round(levels[at]!.share * 100)} %`)
  const why = `by chance among levels (${shares.join(', ')}); ${first.why}`
  return { fate: 'chance', endpoint: undefined, candidates: [...endpoints], why }
}

function peekFrom(
  levels: readonly Level[],
  from: number,
  exchange: Exchange,
  skip: (endpoint: Endpoint) => boolean,
): LevelPeek | null {
  for (let step = 0; step < levels.length; step++) {
    const level = levels[(from + step) % levels.length]!
    const peek = peekLevel(level, exchange, skip)
    if (peek === null) continue
    if (levels.length === 1) return peek
    const spilled = step === 0 ? '' : ', as those before it have no room'
    return { ...peek, why: `${peek.why}, at ${nameOf(level)}${spilled}` }
  }
  return null
}

function peekLevel(
  { balancer, endpoints }: Level,
  exchange: Exchange,
  skip: (endpoint: Endpoint) => boolean,
): LevelPeek | null {
  const left = endpoints.filter((endpoint) => endpoint.weight > 0 && !skip(endpoint))
  if (balancer.peek === undefined) {
    const why = `${balancer.name} does not tell whom it would pick`
    return left.length === 0 ? null : { fate: 'unknown', endpoint: undefined, candidates: left, why }
  }
  const { endpoint, candidates = [], why } = balancer.peek(exchange, skip)
  if (endpoint !== undefined) return { fate: 'endpoint', endpoint, candidates: [], why }
  return candidates.length === 0 ? null : { fate: 'chance', endpoint, candidates, why }
}

function nameOf({ priority, own }: Level): string {
  return `priority ${priority}${own === null ? '' : own ? ', own zone' : ', other zones'}`
}
