import { createBreaker, createHealthMonitor, createPool, EdgeError, httpProbe } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { checkHealth } from '../../../src/health/health-options.js'

type Options = Record<string, unknown>
const health = (part: string) => (options: Options) => checkHealth({ [part]: options } as never)
const outliers = (part: string) => (options: Options) => checkHealth({ outliers: { [part]: options } } as never)
const monitor = (options: Options) =>
  createHealthMonitor({ probe: async () => true, onChange() {}, ...options } as never)

/** Every options object, with the whole numbers and the other numbers that it takes. */
const OBJECTS: readonly (readonly [
  name: string,
  make: (options: Options) => unknown,
  whole: string[],
  other: string[],
])[] = [
  [
    'health.active',
    health('active'),
    ['intervalMs', 'fastIntervalMs', 'downIntervalMs', 'timeoutMs', 'rise', 'fall'],
    ['jitter'],
  ],
  ['health.active.flapDamping', (flapDamping) => health('active')({ flapDamping }), ['windowMs', 'maxRise'], []],
  ['health.passive', health('passive'), ['failures', 'cooldownMs', 'maxCooldownMs'], []],
  ['health.breaker', health('breaker'), ['consecutiveFailures', 'openMs', 'maxOpenMs', 'halfOpenAttempts'], []],
  [
    'health.breaker.failureRate',
    (failureRate) => health('breaker')({ failureRate }),
    ['minimumRequests', 'windowMs'],
    ['threshold'],
  ],
  ['health.outliers', health('outliers'), ['intervalMs', 'baseEjectionMs', 'maxEjectionMs'], ['maxEjectedShare']],
  [
    'health.outliers.successRate',
    outliers('successRate'),
    ['minimumHosts', 'minimumRequests'],
    ['stdevFactor', 'minimumGap'],
  ],
  [
    'health.outliers.latency',
    outliers('latency'),
    ['minimumHosts', 'minimumRequests'],
    ['quantile', 'factor', 'minimumGapMs'],
  ],
  [
    'createHealthMonitor',
    monitor,
    ['intervalMs', 'fastIntervalMs', 'downIntervalMs', 'timeoutMs', 'rise', 'fall'],
    ['jitter'],
  ],
  ['createHealthMonitor.flapDamping', (flapDamping) => monitor({ flapDamping }), ['windowMs', 'maxRise'], []],
  [
    'createBreaker',
    (options) => createBreaker(options),
    ['consecutiveFailures', 'openMs', 'maxOpenMs', 'halfOpenAttempts'],
    ['jitter'],
  ],
  [
    'createBreaker.failureRate',
    (failureRate) => createBreaker({ failureRate }),
    ['minimumRequests', 'windowMs'],
    ['threshold'],
  ],
]

const ODD = [Number.NaN, -1, Infinity, -Infinity, 2 ** 31, '5', null, true, {}, 5n]
/** Where more is merely a lot. */
const UNBOUNDED = new Set(['stdevFactor', 'factor', 'minimumGapMs'])

describe.each(OBJECTS)('%s', (_name, make, whole, other) => {
  it('H-155 refuses odd numbers, naming the option and what is allowed', () => {
    for (const option of [...whole, ...other])
      for (const value of ODD.filter((each) => each !== 2 ** 31 || !UNBOUNDED.has(option))) {
        expect(() => make({ [option]: value })).toThrow(EdgeError)
        expect(() => make({ [option]: value })).toThrow(new RegExp(`option "${option}" is .*; allowed: `))
      }
    for (const option of whole) for (const value of [0, 1.5]) expect(() => make({ [option]: value })).toThrow(EdgeError)
  })

  it('H-155 refuses an unknown option, says which was meant, and takes what is absent', () => {
    const known = whole[0]!
    expect(() => make({ [`${known.slice(0, -2)}${known.at(-1)}`]: 1 })).toThrow(`Did you mean "${known}"?`)
    expect(() => make({ [known]: undefined })).not.toThrow()
  })
})

describe('the health options', () => {
  it.each([
    ['active', { probe: 'icmp' }, '"probe"'],
    ['active', { headers: { a: 5 } }, '"headers"'],
    ['active', { headers: ['a'] }, '"headers"'],
    ['active', { flapDamping: true }, '"flapDamping"'],
    ['passive', { statuses: [404] }, 'numbers from 500 to 599'],
    ['passive', { statuses: 503 }, '"statuses"'],
    ['passive', { timeouts: 1 }, '"timeouts"'],
    ['breaker', { failureRate: false }, '"failureRate"'],
    ['breaker', { jitter: 0.1 }, 'unknown option "jitter"'],
    ['outliers', { successRate: true }, '"successRate"'],
    ['outliers', { maxEjectedShare: 1.5 }, '"maxEjectedShare"'],
    ['outliers', true, '"outliers"'],
  ])('refuse %s %j', (part, options, message) => {
    expect(() => checkHealth({ [part]: options } as never)).toThrow(message)
  })

  it('take all that is documented', () => {
    const all = {
      active: { probe: 'tls', headers: { 'X-Ready': /yes/ }, flapDamping: { windowMs: 1, maxRise: 9 } },
      passive: { failures: 2, timeouts: false, statuses: [502, 503, 504], cooldownMs: 5, maxCooldownMs: 6 },
      breaker: { failureRate: { threshold: 0.2 } },
      outliers: { successRate: false, latency: { factor: 2.5 } },
    } as const
    expect(() => checkHealth(all)).not.toThrow()
    expect(() => checkHealth({ active: false, passive: false, breaker: false, outliers: false })).not.toThrow()
    expect(() => checkHealth({ passive: { statuses: (status) => status === 503 } })).not.toThrow()
  })

  it('are checked when a pool is made, and when a probe is', () => {
    const make = () => createPool({ name: 'p', endpoints: [], health: { outliers: { intervalMs: 0 } } })
    expect(make).toThrow('createPool health.outliers: option "intervalMs" is 0')
    expect(() => httpProbe({ headers: { a: 1 } } as never)).toThrow('httpProbe: option "headers"')
  })
})
