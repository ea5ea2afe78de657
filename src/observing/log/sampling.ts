import type { Exchange } from '../../exchange.js'
import { type Check, check, type Milliseconds } from '../../options.js'
import type { Outcome } from '../../outcome.js'
import type { LogLevel } from './level.js'

/** Which exchanges are logged: a share from 0 to 1 of those that went well, or what says it of each: yes, no, or a share. */
export type Sample = number | ((outcome: Outcome, exchange: Exchange) => number | boolean)

/** The share that an exchange stands for: 1 for one that is logged whatever chance says, 0 for one that is not logged. */
export type Sampler = (exchange: Exchange, outcome: Outcome, level: LogLevel) => number

export const checkSample: Check = check.either(
  (value) => (isShare(value) ? undefined : 'a number from 0 to 1'),
  check.function,
)

export function compileSample(sample: Sample, slowMs: Milliseconds, random: () => number): Sampler {
  const drawn = (share: number): number => (share >= 1 || random() < share ? share : 0)
  if (typeof sample === 'number') {
    if (sample === 1) return () => 1
    return (_, outcome, level) => (level !== 'info' || isSlow(outcome, slowMs) ? 1 : drawn(sample))
  }
  return (exchange, outcome) => {
    const wish = sample(outcome, exchange)
    if (typeof wish === 'boolean') return wish ? 1 : 0
    // Rather one line too many than an incident without any.
    return isShare(wish) ? drawn(wish) : 1
  }
}

/** A tunnel lives as long as its client likes. */
function isSlow({ times, tunnel }: Outcome, slowMs: Milliseconds): boolean {
  return slowMs > 0 && tunnel === null && times.lastByte - times.acceptedAt >= slowMs
}

function isShare(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1
}
