import type { Balancer } from 'edgewise'

/** All that a balancer wants to know: no pool needed. */
export interface Station {
  readonly name: string
  weight: number
  inFlight: number
}

/** Stations named a, b, c, … of these weights. */
export function stations(...weights: readonly number[]): Station[] {
  return weights.map((weight, at) => ({ name: String.fromCharCode(97 + at), weight, inFlight: 0 }))
}

/** The next `count` picks, by name; `-` where nothing can be picked. */
export function picks(
  balancer: Balancer<Station>,
  count: number,
  skip: (station: Station) => boolean = () => false,
): string[] {
  return Array.from({ length: count }, () => balancer.pick(null, skip)?.name ?? '-')
}

/** How often each value occurs. */
export function tally(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}
