import { type BreakerOptions, type BreakerPermit, createBreaker, events } from 'edgewise'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

function setUp(options: BreakerOptions = {}) {
  const time = { now: 0 }
  const changes: string[] = []
  const breaker = createBreaker({
    consecutiveFailures: 3,
    openMs: 100,
    maxOpenMs: 250,
    now: () => time.now,
    onChange: (state, why) => changes.push(`${time.now} ${state}: ${why}`),
    ...options,
  })
  const fail = (times = 1): void => {
    for (let at = 0; at < times; at++) breaker.tryAcquire()!.failure()
  }
  return { time, changes, breaker, fail }
}

describe('a circuit breaker', () => {
  it('opens at failures in a row, lets one through after its time, and closes when that is well', () => {
    const { time, changes, breaker, fail } = setUp()
    fail(2)
    breaker.tryAcquire()!.success()
    fail(2)
    expect(breaker.state).toBe('closed')
    fail()
    expect([breaker.state, breaker.allows(), breaker.tryAcquire()]).toEqual(['open', false, null])
    time.now = 99
    expect(breaker.allows()).toBe(false)
    time.now = 100
    expect([breaker.state, breaker.allows()]).toEqual(['half-open', true])
    const trial = breaker.tryAcquire()!
    expect([breaker.allows(), breaker.tryAcquire()]).toEqual([false, null])
    trial.success()
    expect([breaker.state, breaker.allows()]).toEqual(['closed', true])
    expect(changes).toEqual([
      '0 open: 3 failures in a row',
      '100 half-open: its time is over',
      '100 closed: enough good attempts',
    ])
  })

  it('opens at a failure rate, which a mere row does not reach', () => {
    const failureRate = { threshold: 0.5, minimumRequests: 10, windowMs: 1_000 }
    const { breaker, fail } = setUp({ failureRate, consecutiveFailures: undefined })
    fail(9)
    expect(breaker.state).toBe('closed')
    fail()
    expect(breaker.state).toBe('open')
  })

  it('opens at five in a row when nothing is said', () => {
    const breaker = createBreaker()
    for (let at = 0; at < 4; at++) breaker.tryAcquire()!.failure()
    expect(breaker.state).toBe('closed')
    breaker.tryAcquire()!.failure()
    expect(breaker.state).toBe('open')
  })

  it('is open longer each time in a row, to a maximum, and less again after it was closed for long', () => {
    const { time, breaker, fail } = setUp()
    const lengths: number[] = []
    const measure = (): void => {
      const from = time.now
      while (!breaker.allows()) time.now++
      lengths.push(time.now - from)
    }
    fail(3)
    measure()
    fail()
    measure()
    fail()
    measure()
    breaker.tryAcquire()!.success()
    time.now += 200
    fail(3)
    measure()
    expect(lengths).toEqual([100, 200, 250, 200])
  })

  it('is open longer by chance, so that many do not come back at once', () => {
    const { time, breaker, fail } = setUp({ jitter: 0.5, random: () => 0.5 })
    fail(3)
    time.now = 124
    expect(breaker.allows()).toBe(false)
    time.now = 125
    expect(breaker.allows()).toBe(true)
  })

  it('H-109 gives a half-open permit to another when the client left', () => {
    const { time, breaker, fail } = setUp()
    fail(3)
    time.now = 100
    const left = breaker.tryAcquire()!
    expect(breaker.tryAcquire()).toBeNull()
    left.cancel()
    left.cancel()
    const next = breaker.tryAcquire()!
    expect(breaker.tryAcquire()).toBeNull()
    next.success()
    expect(breaker.state).toBe('closed')
  })

  it('H-109 gives it to another, too, when a scope is left without a word', () => {
    const { time, breaker, fail } = setUp()
    fail(3)
    time.now = 100
    breaker.tryAcquire()![Symbol.dispose]()
    const told = breaker.tryAcquire()!
    told.success()
    told[Symbol.dispose]()
    expect(breaker.state).toBe('closed')
  })

  it('takes as many good attempts as told, at most so many at once', () => {
    const { time, breaker, fail } = setUp({ halfOpenAttempts: 2 })
    fail(3)
    time.now = 100
    const [one, two] = [breaker.tryAcquire()!, breaker.tryAcquire()!]
    expect(breaker.tryAcquire()).toBeNull()
    one.success()
    // The two are enough: with one passed and one out there is no third.
    expect(breaker.tryAcquire()).toBeNull()
    two.cancel()
    breaker.tryAcquire()!.success()
    expect(breaker.state).toBe('closed')
  })

  it('believes no attempt that began before it opened', () => {
    const { time, breaker, fail } = setUp()
    const [early, late] = [breaker.tryAcquire()!, breaker.tryAcquire()!]
    fail(3)
    time.now = 100
    const trial = breaker.tryAcquire()!
    early.success()
    late.failure()
    expect(breaker.state).toBe('half-open')
    trial.success()
    expect(breaker.state).toBe('closed')
  })

  it('does its work though onChange throws, and reports it as a fault', () => {
    const faults: unknown[] = []
    const off = events.on('fault', ({ where }) => faults.push(where))
    const { breaker, fail } = setUp({
      onChange: () => {
        throw new Error('hook')
      },
    })
    fail(3)
    off()
    expect([breaker.state, faults]).toEqual(['open', ['createBreaker onChange']])
  })

  it('loses no permit and moves along its edges only, whatever comes back in whatever order', () => {
    const move = fc.oneof(
      fc.constant({ kind: 'acquire' as const }),
      fc.integer({ min: 1, max: 300 }).map((ms) => ({ kind: 'time' as const, ms })),
      fc.record({
        kind: fc.constantFrom('success' as const, 'failure' as const, 'cancel' as const),
        which: fc.nat(30),
        twice: fc.boolean(),
      }),
    )
    const edges = new Set(['closed open', 'open half-open', 'half-open open', 'half-open closed'])
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(move, { maxLength: 120 }), (halfOpenAttempts, moves) => {
        const time = { now: 0 }
        let state = 'closed'
        let [out, passed] = [0, 0]
        /** Permits not yet returned, and whether each is one of the present half-open time. */
        let permits: { permit: BreakerPermit; trial: boolean }[] = []
        const breaker = createBreaker({
          consecutiveFailures: 2,
          openMs: 100,
          maxOpenMs: 250,
          halfOpenAttempts,
          now: () => time.now,
          onChange: (next) => {
            expect(edges).toContain(`${state} ${next}`)
            state = next
            out = 0
            passed = 0
            permits = permits.map(({ permit }) => ({ permit, trial: false }))
          },
        })
        for (const each of moves) {
          if (each.kind === 'time') time.now += each.ms
          else if (each.kind === 'acquire') {
            const allowed = breaker.allows()
            const permit = breaker.tryAcquire()
            expect(permit !== null).toBe(allowed)
            if (permit === null) continue
            const trial = state === 'half-open'
            if (trial) out++
            permits.push({ permit, trial })
          } else if (permits.length > 0) {
            const [taken] = permits.splice(each.which % permits.length, 1)
            const { permit, trial } = taken!
            if (trial) {
              out--
              if (each.kind === 'success') passed++
            }
            permit[each.kind]()
            if (each.twice) permit.failure()
          }
          if (state === 'half-open') {
            expect(out + passed).toBeLessThanOrEqual(halfOpenAttempts)
            expect(breaker.allows()).toBe(out + passed < halfOpenAttempts)
          }
        }
        // Once all has come back, it is never stuck: in the longest time it lets somebody through.
        for (const { permit } of permits) permit.cancel()
        time.now += 250
        expect(breaker.allows()).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})
