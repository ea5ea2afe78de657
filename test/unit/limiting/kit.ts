import { createLimiter, type LimitAlgorithm, type Limiter, type LimiterDecision, type LimiterOptions } from 'edgewise'

export const algorithms: readonly LimitAlgorithm[] = [
  'fixed-window',
  'sliding-window',
  'sliding-log',
  'token-bucket',
  'gcra',
]

/** A limiter in memory, whose clocks stand until they are told to move. */
export interface Held {
  readonly limiter: Limiter
  /** Milliseconds on the clock that never steps. */
  time: number
  /** The time of day. */
  wall: number
  take(key?: string, cost?: number): LimiterDecision
  peek(key?: string, cost?: number): LimiterDecision
  /** Takes a unit as often as it is there. */
  drain(key?: string): number
}

/** @param start On the grid of windows that are whole seconds. */
export function held(options: LimiterOptions, start = 1_000_000): Held {
  const clock = { time: start, wall: Date.UTC(2026, 0, 31, 12) }
  const limiter = createLimiter({ now: () => clock.time, wallClock: () => clock.wall, ...options })
  const take = (key = 'a', cost = 1): LimiterDecision => limiter.take(key, cost) as LimiterDecision
  const drain = (key?: string): number => {
    let taken = 0
    while (take(key).allowed) taken += 1
    return taken
  }
  return Object.assign(clock, {
    limiter,
    take,
    drain,
    peek: (key = 'a', cost = 1): LimiterDecision => limiter.peek(key, cost) as LimiterDecision,
  })
}
