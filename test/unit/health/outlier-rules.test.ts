import { describe, expect, it } from 'vitest'
import { latencyOutliers, type Sample, successRateOutliers } from '../../../src/health/outlier-rules.js'
import { endpoints } from './attempts.js'

function samples(values: readonly number[]): Sample[] {
  const all = endpoints(values.length)
  return values.map((value, at) => ({ endpoint: all[at]!, value }))
}

/** Which of the values stand out, in the order in which they would be ejected. */
const found = (list: readonly Sample[]): number[] => list.map(({ value }) => value)

describe('outliers by success rate', () => {
  it.each([
    ['all alike', [1, 1, 1, 1, 1], {}, []],
    ['one that fails half', [1, 1, 1, 1, 0.5], {}, [0.5]],
    ['one that fails all', [1, 1, 1, 1, 0], {}, [0]],
    ['all bad alike: no outlier', [0.2, 0.2, 0.2, 0.2, 0.2], {}, []],
    ['too few to compare', [1, 1, 1, 0], {}, []],
    ['fewer that somebody wants compared', [1, 1, 1, 0], { minimumHosts: 4, stdevFactor: 1.5 }, [0]],
    ['one failure in a hundred among the flawless', [1, 1, 1, 1, 0.99], {}, []],
    ['the same, as Envoy has it', [1, 1, 1, 1, 0.99], { minimumGap: 0 }, [0.99]],
    ['a wide spread', [1, 0.8, 0.6, 0.4, 0.2], {}, []],
    ['two of twelve, worst first', [1, 1, 1, 1, 0.3, 1, 1, 1, 0.2, 1, 1, 1], {}, [0.2, 0.3]],
    ['a higher factor', [1, 1, 1, 1, 0.5], { stdevFactor: 2.1 }, []],
    ['nothing', [], {}, []],
  ])('of %s', (_what, rates, options, outliers) => {
    expect(found(successRateOutliers(samples(rates), options))).toEqual(outliers)
  })
})

describe('outliers by latency', () => {
  it.each([
    ['all alike', [20, 20, 20], {}, []],
    ['one far above', [20, 22, 300], {}, [300]],
    ['one above by less than the factor', [100, 110, 290], {}, []],
    ['one above by the factor, but by little', [1, 1, 40], {}, []],
    ['the same, where little counts', [1, 1, 40], { minimumGapMs: 0 }, [40]],
    ['two slow ones of five, worst first', [20, 20, 20, 300, 900], {}, [900, 300]],
    ['two slow ones of four: the faster half is the measure', [20, 20, 300, 900], {}, [900, 300]],
    ['two, which are too few', [20, 900], {}, []],
    ['two, where these may be compared', [20, 900], { minimumHosts: 2 }, [900]],
    ['another factor', [100, 100, 290], { factor: 2 }, [290]],
    ['nothing', [], {}, []],
  ])('of %s', (_what, times, options, outliers) => {
    expect(found(latencyOutliers(samples(times), options))).toEqual(outliers)
  })
})
