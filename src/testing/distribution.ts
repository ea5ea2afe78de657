import { AssertionError } from 'node:assert'
import { checkOptions } from '../options.js'

export interface DistributionOptions {
  /** By how much a share may differ, as 0.02. @default as far as chance goes: five standard deviations, wrong once in 1.7 million */
  readonly tolerance?: number | undefined
}

/** Binomial: beyond it lies a share of 5.7e-7. */
const DEVIATIONS = 5

/**
 * Fails unless picks are spread as weights say: for balancers, splits and samplers.
 *
 * @param picks A name for each pick.
 * @param weights What each name's share is proportional to; a name of weight 0 must not come up, nor one that is not listed.
 * @throws AssertionError naming the shares that are off.
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * import { assertDistribution, ask } from 'edgewise/testing'
 *
 * const picks: string[] = []
 * for (let i = 0; i < 10_000; i++) picks.push((await ask(handler, '/')).headers['x-branch'] as string)
 * assertDistribution(picks, { stable: 95, canary: 5 })
 * ```
 */
export function assertDistribution(
  picks: Iterable<string>,
  weights: Readonly<Record<string, number>>,
  options: DistributionOptions = {},
): void {
  checkOptions('assertDistribution', options, {
    tolerance: (value) => (typeof value === 'number' && value >= 0 && value <= 1 ? undefined : 'a share from 0 to 1'),
  })
  const counts = new Map(Object.keys(weights).map((name) => [name, 0]))
  let total = 0
  for (const name of picks) {
    counts.set(name, (counts.get(name) ?? 0) + 1)
    total++
  }
  const sum = Object.values(weights).reduce((all, weight) => all + weight, 0)
  const off = [...counts].flatMap(([name, count]) => {
    const wanted = (weights[name] ?? 0) / sum
    const share = total === 0 ? 0 : count / total
    const allowed =
      wanted === 0 || wanted === 1
        ? 0
        : (options.tolerance ?? DEVIATIONS * Math.sqrt((wanted * (1 - wanted)) / Math.max(total, 1)))
    return Math.abs(share - wanted) <= allowed + Number.EPSILON
      ? []
      : [`${name}: ${percent(share)} instead of ${percent(wanted)} ± ${percent(allowed)}`]
  })
  if (total > 0 && off.length === 0) return
  throw new AssertionError({
    message: `${total} picks are spread otherwise: ${off.join(', ')}`,
    actual: Object.fromEntries(counts),
    expected: weights,
    stackStartFn: assertDistribution,
  })
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`
}
