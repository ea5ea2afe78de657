import { performance } from 'node:perf_hooks'
import type { Milliseconds } from '../../options.js'

/** What is asked of an event loop; a model of one stands in for it in tests. */
export interface Loop {
  now(): Milliseconds
  /** How long it has had nothing to do, since it began. */
  idle(): Milliseconds
  /** Runs once all has been served that was there when the loop last looked for what has come in. */
  afterPoll(run: () => void): void
}

export const realLoop: Loop = {
  now: () => performance.now(),
  idle: () => performance.eventLoopUtilization().idle,
  afterPoll: (run) => void setImmediate(run),
}
