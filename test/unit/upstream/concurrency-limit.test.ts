import { describe, expect, it } from 'vitest'
import { fraction, loadSignal, readBounds } from '../../../src/upstream/concurrency-limit.js'
import { outcomeOf } from './closed-loop.js'

describe('what an attempt tells of the load', () => {
  it.each([
    ['a good reply', { status: 200, latency: 40 }, 40],
    ['a redirect', { status: 304, latency: 7 }, 7],
    ['a clock that went back', { status: 200, latency: -5 }, 0],
    ['a 503', { status: 503, latency: 1 }, 'drop'],
    ['a connect time-out', { code: 'ERR_EDGE_CONNECT_TIMEOUT' }, 'drop'],
    ['a first byte that never came', { code: 'ERR_EDGE_FIRST_BYTE_TIMEOUT' }, 'drop'],
    ['a body that stalled', { status: 200, code: 'ERR_EDGE_IDLE_TIMEOUT', latency: 5 }, 'drop'],
    ['a reset', { code: 'ERR_EDGE_UPSTREAM_RESET' }, 'drop'],
  ] as const)('%s', (_, outcome, signal) => {
    expect(loadSignal(outcomeOf(outcome))).toBe(signal)
  })

  it.each([
    ['H-109 a 4xx', { status: 404, latency: 1 }],
    ['H-109 a 429, which is one client’s', { status: 429, latency: 1 }],
    ['H-109 an upgrade', { status: 101, latency: 1 }],
    ['H-109 a client that left', { code: 'ERR_EDGE_CLIENT_CLOSED', countsAgainst: false }],
    ['a connection that had gone stale', { code: 'ERR_EDGE_UPSTREAM_RESET', countsAgainst: false }],
    ['a refused connection: it is down, not busy', { code: 'ERR_EDGE_CONNECT' }],
    ['a 500, which may be quick', { status: 500, latency: 1 }],
    ['a reply without times', { status: 200 }],
  ] as const)('is nothing: %s', (_, outcome) => {
    expect(loadSignal(outcomeOf(outcome))).toBeNull()
  })
})

describe('the bounds of a limit', () => {
  const read = (options: object) => readBounds('aimdLimit', options, { backoffRatio: fraction(0.5, 1) })

  it('are 3, 20 and 1000 by default, the first limit between the others', () => {
    expect(read({})).toMatchObject({ min: 3, initial: 20, max: 1000 })
    expect(read({ maxLimit: 8 })).toMatchObject({ min: 3, initial: 8, max: 8 })
    expect(read({ minLimit: 50 })).toMatchObject({ min: 50, initial: 50, max: 1000 })
  })

  it.each([
    [{ minLimit: 0 }, 'option "minLimit" is 0; allowed: a whole number from 1'],
    [{ maxLimit: Number.NaN }, 'option "maxLimit" is NaN'],
    [{ minLimit: 9, maxLimit: 8 }, 'option "minLimit" is 9; allowed: a whole number from 1 to maxLimit (8)'],
    [{ initialLimit: 2 }, 'option "initialLimit" is 2; allowed: a whole number from minLimit (3) to maxLimit (1000)'],
    [{ initialLimit: 9, maxLimit: 8 }, 'option "initialLimit" is 9'],
    [{ backoffRatio: 0.4 }, 'option "backoffRatio" is 0.4; allowed: a number from 0.5 to 1'],
    [{ backoffRatio: Number.NaN }, 'option "backoffRatio" is NaN'],
    [{ maxLimits: 7 }, 'Did you mean "maxLimit"?'],
  ])('refuse %o', (options, message) => {
    expect(() => read(options)).toThrow(message)
  })
})
