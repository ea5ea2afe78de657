import { describe, expect, it } from 'vitest'
import { Batch } from '../../../../src/observing/log/batch.js'
import { eventually } from '../../../support/index.js'

describe('Batch', () => {
  it('does what it gathered in order, a little later', async () => {
    const done: number[] = []
    const batch = new Batch<number>((one) => done.push(one), 1)
    batch.add(1)
    batch.add(2)
    expect(done).toEqual([])
    await eventually(() => done.length === 2)
    expect(done).toEqual([1, 2])
  })

  it('does not wait where there is enough, or when it is told', () => {
    const done: number[] = []
    const batch = new Batch<number>((one) => done.push(one), 60_000)
    for (let at = 0; at < 130; at++) batch.add(at)
    expect(done).toHaveLength(128)
    batch.flush()
    batch.flush()
    expect(done).toHaveLength(130)
  })

  it('takes what is added meanwhile for the next time', () => {
    const done: number[] = []
    const batch = new Batch<number>((one) => {
      done.push(one)
      if (one === 1) batch.add(2)
    }, 60_000)
    batch.add(1)
    batch.flush()
    expect(done).toEqual([1])
    batch.flush()
    expect(done).toEqual([1, 2])
  })
})
