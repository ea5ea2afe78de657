import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { endpointsOfSrv, withoutDot } from '../../../../src/upstream/discovery/srv.js'

const record = (name: string, priority: number, weight: number, addresses: readonly string[]) => ({
  name,
  port: 80,
  priority,
  weight,
  addresses,
})

describe('endpoints of SRV records', () => {
  it('have tiers in the order of priorities', () => {
    const records = [
      record('c', 65_535, 1, ['10.0.0.3']),
      record('a', 10, 1, ['10.0.0.1']),
      record('b', 20, 1, ['10.0.0.2']),
    ]
    expect(endpointsOfSrv(records, 'http', undefined)).toMatchObject([
      { url: 'http://10.0.0.1:80', priority: 0 },
      { url: 'http://10.0.0.2:80', priority: 1 },
      { url: 'http://10.0.0.3:80', priority: 2 },
    ])
  })

  it('give a weight of 0 its very small chance, and equal shares where all are 0', () => {
    const weights = (...given: number[]) =>
      endpointsOfSrv(
        given.map((weight, at) => record('a', 1, weight, [`10.0.0.${at + 1}`])),
        'http',
        undefined,
      ).map(({ weight }) => weight)
    expect(weights(0, 0, 0)).toEqual([1, 1, 1])
    expect(weights(0, 60, 39)).toEqual([1, 60, 39])
    expect(weights(65_535, 0)).toEqual([65_535, 1])
  })

  it('are named as their target without the root’s dot, or as told', () => {
    expect(endpointsOfSrv([record('a.test.', 1, 1, ['fd00::1'])], 'https', undefined)).toEqual([
      { url: 'https://[fd00::1]:80', host: 'a.test:80', priority: 0, weight: 1 },
    ])
    expect(endpointsOfSrv([record('a.test.', 1, 1, ['10.0.0.1'])], 'http', 'api.test')[0]).toMatchObject({
      host: 'api.test',
    })
    expect(withoutDot('.')).toBe('')
  })

  it('of two records with one address and port, that of the better priority stays', () => {
    const records = [record('b', 2, 9, ['10.0.0.1']), record('a', 1, 3, ['10.0.0.1'])]
    expect(endpointsOfSrv(records, 'http', undefined)).toMatchObject([{ host: 'a', priority: 0, weight: 3 }])
  })

  it('share a record’s weight among its addresses, within what an endpoint may have', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ weight: fc.integer({ min: 0, max: 65_535 }), count: fc.integer({ min: 0, max: 13 }) }), {
          maxLength: 8,
        }),
        (given) => {
          const records = given.map(({ weight, count }, at) =>
            record(
              `t${at}`,
              1,
              weight,
              Array.from({ length: count }, (_, n) => `10.0.${at}.${n}`),
            ),
          )
          const endpoints = endpointsOfSrv(records, 'http', undefined)
          expect(endpoints).toHaveLength(given.reduce((sum, { count }) => sum + count, 0))
          const sums = given.map((_, at) =>
            endpoints.filter(({ host }) => host === `t${at}`).reduce((sum, { weight }) => sum + weight!, 0),
          )
          const largest = Math.max(...sums)
          for (const { weight } of endpoints) {
            expect(Number.isInteger(weight)).toBe(true)
            expect(weight).toBeGreaterThanOrEqual(1)
            expect(weight).toBeLessThanOrEqual(65_535)
          }
          // Shares are the records' to within rounding.
          const heaviest = sums.indexOf(largest)
          for (const [at, { weight, count }] of given.entries()) {
            if (count === 0) continue
            const wanted = (Math.max(1, weight) / Math.max(1, given[heaviest]!.weight)) * largest
            expect(Math.abs(sums[at]! - wanted)).toBeLessThanOrEqual(count + wanted * 0.001 + 13)
          }
        },
      ),
    )
  })
})
