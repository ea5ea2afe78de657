import type { AttemptOutcome, Balanced, Balancer } from 'edgewise'

/** All that a balancer wants to know: no pool needed. */
export interface Station {
  readonly name: string
  weight: number
  inFlight: number
  warmth?: number
  available?: boolean
}

/** Skips those that are down, as a pool does. */
export const unavailable = ({ available }: Balanced): boolean => available === false

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

/** Changes a station, and tells the balancer. */
export function change(balancer: Balancer<Station>, station: Station, what: Partial<Station>): void {
  Object.assign(station, what)
  balancer.changed?.(station)
}

/** Picks one, and counts it in flight. */
export function open(balancer: Balancer<Station>, skip: (station: Station) => boolean = unavailable): Station {
  const station = balancer.pick(null, skip)
  if (station === undefined) throw new Error('nobody to pick')
  change(balancer, station, { inFlight: station.inFlight + 1 })
  return station
}

/** Ends one of its requests, as a pool does: what came of it, then the count. */
export function end(balancer: Balancer<Station>, station: Station, outcome: AttemptOutcome): void {
  balancer.settled?.(station, outcome)
  change(balancer, station, { inFlight: station.inFlight - 1 })
}

/** What came of an attempt that started at 0 on the clock of `times`. */
export function outcomeOf(what: Partial<AttemptOutcome> = {}): AttemptOutcome {
  return {
    endpoint: '',
    status: 200,
    error: null,
    reusedConnection: true,
    times: { startedAt: 0, connectedAt: 0, firstByteAt: null, lastByteAt: null },
    bytes: { in: 0, out: 0 },
    countsAgainst: false,
    ...what,
  }
}

/** An attempt that took so long to its first byte, and as long to its last unless told. */
export function took(now: number, firstByte: number, lastByte = firstByte): AttemptOutcome {
  const startedAt = now - lastByte
  return outcomeOf({
    times: { startedAt, connectedAt: startedAt, firstByteAt: startedAt + firstByte, lastByteAt: now },
  })
}
