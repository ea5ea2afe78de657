// Who decides about rates, as their users call them. To add one: a name, and what opens it: `decide(key)` takes a unit and may be a
// promise, `close` ends what keeps the process alive. `batch` decisions are under way at once where an answer takes a while.

/** Nobody is denied, and nothing runs out meanwhile, so that all remember all keys. */
const LIMIT = 1_000_000
const WINDOW_MS = 600_000
const slow = { limit: 100, burst: LIMIT }

/** A log has a place for each unit, and so few keys with many; the others have numbers. */
const rules = {
  'fixed-window': { limit: LIMIT },
  'sliding-window': { limit: LIMIT },
  'sliding-log': { limit: 100 },
  'token-bucket': slow,
  gcra: slow,
}

/** @typedef {{ decide(key: string): unknown, close(): void }} Opened */

/** @type {readonly { name: string, batch?: number, open(): Promise<Opened> }[]} */
export const contenders = [
  ...Object.entries(rules).map(([algorithm, rule]) => ({
    name: `edgewise ${algorithm}`,
    async open() {
      const { createLimiter } = await import('../../dist/index.js')
      const limiter = createLimiter({ algorithm, windowMs: WINDOW_MS, ...rule })
      return { decide: (key) => limiter.take(key), close: () => limiter.close() }
    },
  })),
  {
    name: 'express-rate-limit MemoryStore',
    async open() {
      const { MemoryStore } = await import('express-rate-limit')
      const store = new MemoryStore()
      store.init({ windowMs: WINDOW_MS })
      return { decide: (key) => store.increment(key), close: () => store.shutdown() }
    },
  },
  {
    name: 'rate-limiter-flexible Memory',
    async open() {
      const { RateLimiterMemory } = await import('rate-limiter-flexible')
      const limiter = new RateLimiterMemory({ points: LIMIT, duration: WINDOW_MS / 1000 })
      return { decide: (key) => limiter.consume(key), close: () => {} }
    },
  },
]
