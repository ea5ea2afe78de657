import { type AttemptOutcome, EdgeError, type EdgeErrorCode } from 'edgewise'
import { expect } from 'vitest'
import type { ConcurrencyLimit } from '../../../src/upstream/concurrency-limit.js'

/** The outcome of an attempt; without a status it failed. */
export function outcomeOf({
  status = null,
  code = null,
  startedAt = 0,
  latency = null,
  countsAgainst = code !== null || (status !== null && status >= 500),
}: {
  readonly status?: number | null
  readonly code?: EdgeErrorCode | null
  readonly startedAt?: number
  readonly latency?: number | null
  readonly countsAgainst?: boolean
}): AttemptOutcome {
  const endedAt = startedAt + (latency ?? 0)
  return {
    endpoint: 'a',
    status,
    error: code === null ? null : new EdgeError(code, 'as the test says'),
    reusedConnection: false,
    times: { startedAt, connectedAt: startedAt, firstByteAt: latency === null ? null : endedAt, lastByteAt: endedAt },
    bytes: { in: 0, out: 0 },
    countsAgainst,
  }
}

/** A server that works on `workers` requests at a time, lets the others queue, and refuses past `refusesPast` in all. */
export interface SimulatedServer {
  readonly workers: number
  serviceMs(): number
  readonly refusesPast?: number
}

interface Arrived {
  readonly startedAt: number
  endsAt: number
  readonly refused: boolean
}

/**
 * Drives a server with as many requests as the limit lets through, at most `demand`, for so long of virtual time; returns the limit's
 * mean over the second half.
 */
export function closedLoop(
  limit: ConcurrencyLimit,
  clock: { time: number },
  server: SimulatedServer,
  { durationMs, demand = Number.POSITIVE_INFINITY }: { readonly durationMs: number; readonly demand?: number },
): number {
  const { workers, refusesPast = Number.POSITIVE_INFINITY } = server
  const from = clock.time
  const freeAt = Array.from({ length: workers }, () => from)
  const flying: Arrived[] = []
  let weighed = 0
  const arrive = (): void => {
    const refused = flying.length >= refusesPast
    const worker = freeAt.indexOf(Math.min(...freeAt))
    if (!refused) freeAt[worker] = Math.max(clock.time, freeAt[worker]!) + server.serviceMs()
    flying.push({ startedAt: clock.time, endsAt: refused ? clock.time + 0.5 : freeAt[worker]!, refused })
  }
  while (clock.time < from + durationMs) {
    while (flying.length < Math.min(demand, limit.limit)) arrive()
    const next = flying.reduce((first, each) => (each.endsAt < first.endsAt ? each : first))
    if (clock.time > from + durationMs / 2) weighed += (next.endsAt - clock.time) * limit.limit
    clock.time = next.endsAt
    const { startedAt, endsAt, refused } = next
    limit.settled(outcomeOf({ status: refused ? 503 : 200, startedAt, latency: endsAt - startedAt }), flying.length)
    flying.splice(flying.indexOf(next), 1)
  }
  return weighed / (clock.time - from - durationMs / 2)
}

/** Service times around a mean, exponentially distributed. */
export function exponential(meanMs: number, random: () => number): () => number {
  return () => -Math.log(1 - random()) * meanMs
}

export function expectBounded({ limit }: ConcurrencyLimit, min: number, max: number): void {
  expect(Number.isInteger(limit)).toBe(true)
  expect(limit).toBeGreaterThanOrEqual(min)
  expect(limit).toBeLessThanOrEqual(max)
}
