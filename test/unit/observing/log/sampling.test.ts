import { describe, expect, it } from 'vitest'
import { compileSample } from '../../../../src/observing/log/sampling.js'
import { seededRandom } from '../../../support/index.js'
import { asked } from '../../asked.js'
import { outcomeOf } from './outcomes.js'

const exchange = asked('/')
const never = (): number => 0.999

describe('compileSample', () => {
  it('logs a share of what went well', () => {
    const share = compileSample(0.1, 0, seededRandom(1))
    const logged = Array.from({ length: 10_000 }, () => share(exchange, outcomeOf(), 'info'))
    expect(new Set(logged)).toEqual(new Set([0, 0.1]))
    const count = logged.filter((each) => each > 0).length
    expect(count).toBeGreaterThan(850)
    expect(count).toBeLessThan(1_150)
  })

  it('logs every failure, and all that is slow', () => {
    const share = compileSample(0, 10, never)
    expect(share(exchange, outcomeOf(), 'error')).toBe(1)
    expect(share(exchange, outcomeOf(), 'warn')).toBe(1)
    expect(share(exchange, outcomeOf({ times: { lastByte: 110 } }), 'info')).toBe(1)
    expect(share(exchange, outcomeOf({ times: { lastByte: 109 } }), 'info')).toBe(0)
    expect(compileSample(0, 0, never)(exchange, outcomeOf({ times: { lastByte: 99_999 } }), 'info')).toBe(0)
  })

  it('takes no WebSocket for slow', () => {
    const counts = { bytes: { in: 0, out: 0 }, frames: { in: 0, out: 0 }, messages: { in: 0, out: 0 } }
    const tunnel = { ...counts, closeCode: 1000, closedBy: 'client' as const }
    expect(compileSample(0, 10, never)(exchange, outcomeOf({ tunnel, status: 101 }), 'info')).toBe(0)
  })

  it('leaves all to a function', () => {
    const share = compileSample(
      ({ status }, { target }) => (target.path === '/' ? status === 200 : 0.5),
      10,
      () => 0.4,
    )
    expect(share(exchange, outcomeOf(), 'info')).toBe(1)
    expect(share(exchange, outcomeOf({ status: 500 }), 'error')).toBe(0)
    expect(share(asked('/x'), outcomeOf(), 'info')).toBe(0.5)
    expect(compileSample(() => Number.NaN, 0, never)(exchange, outcomeOf(), 'info')).toBe(1)
  })
})
