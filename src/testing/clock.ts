/** A timer of a {@link FakeClock}; `ref` and `unref` are there because Node's timers have them, and do nothing. */
export interface FakeTimer {
  ref(): FakeTimer
  unref(): FakeTimer
}

/** Time that only moves when told: a clock, and the timers that go by it. */
export interface FakeClock {
  /** Milliseconds since the start. */
  now(): number
  setTimeout(run: () => void, ms: number): FakeTimer
  clearTimeout(timer: FakeTimer | undefined): void
  /** Moves time on, running each timer at its moment; promises settle before, between and after. */
  advance(ms: number): Promise<void>
  /** Timers not yet run or cleared. */
  readonly pending: number
}

// Taken before a test runner can replace it.
const immediate = setImmediate

/**
 * Makes a clock that only moves when told, to be injected where code takes a clock. Starts at `start`, by default 0.
 *
 * @example
 * ```ts
 * const clock = fakeClock()
 * const monitor = createHealthMonitor({ probe, onChange, intervalMs: 5_000, clock, now: clock.now })
 * await clock.advance(5_000)
 * ```
 */
export function fakeClock(start = 0): FakeClock {
  let time = start
  let order = 0
  const timers = new Map<FakeTimer, { readonly at: number; readonly order: number; readonly run: () => void }>()
  // A turn of the event loop empties the microtask queue, however deep the chain of promises.
  const settle = (): Promise<void> => new Promise((resolve) => immediate(resolve))

  function earliest(until: number): FakeTimer | undefined {
    let first: FakeTimer | undefined
    for (const [timer, entry] of timers) {
      if (entry.at > until) continue
      const best = first && timers.get(first)!
      if (!best || entry.at < best.at || (entry.at === best.at && entry.order < best.order)) first = timer
    }
    return first
  }

  return {
    now: () => time,
    setTimeout(run, ms) {
      const timer: FakeTimer = { ref: () => timer, unref: () => timer }
      // As Node does: what is below 1, past 31 bits, or no number is 1.
      const wait = ms >= 1 && ms < 2 ** 31 ? ms : 1
      timers.set(timer, { at: time + wait, order: order++, run })
      return timer
    },
    clearTimeout(timer) {
      if (timer) timers.delete(timer)
    },
    async advance(ms) {
      const until = time + ms
      await settle()
      for (let timer = earliest(until); timer; timer = earliest(until)) {
        const { at, run } = timers.get(timer)!
        timers.delete(timer)
        time = at
        run()
        await settle()
      }
      time = until
    },
    get pending() {
      return timers.size
    },
  }
}

/**
 * Makes a repeatable source of numbers in [0, 1) (mulberry32), to be injected where code takes a `random`.
 *
 * @example
 * ```ts
 * const balancer = powerOfTwoChoices({ random: seededRandom(1) })
 * ```
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
