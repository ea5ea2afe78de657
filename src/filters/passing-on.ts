import type { Exchange } from '../exchange.js'
import type { Verdict } from '../verdict.js'

/** A verdict with one more step to what those behind would get. */
export function passingOn(verdict: Verdict, step: (copy: Exchange) => Exchange): Verdict {
  const { onward, workOut } = verdict
  return {
    ...verdict,
    onward: (copy) => step(onward === undefined ? copy : onward(copy)),
    workOut: workOut && (async () => passingOn(await workOut(), step)),
  }
}
