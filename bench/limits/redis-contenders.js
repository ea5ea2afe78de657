// Limiters over Redis, each as (port, limit) => { decide(key): Promise<boolean>, close() }. All over ioredis, with a window of a minute.

import { rateLimit } from 'express-rate-limit'
import { Redis } from 'ioredis'
import { RedisStore } from 'rate-limit-redis'
import { RateLimiterRedis } from 'rate-limiter-flexible'
import { createLimiter } from '../../dist/index.js'
import { redisConnection, redisLimitStore } from '../../dist/redis/index.js'

const WINDOW_MS = 60_000

const edgewise = (algorithm) => (port, limit) => {
  const client = new Redis({ host: '127.0.0.1', port })
  const connection = redisConnection(client, { timeoutMs: 5_000 })
  const store = redisLimitStore(connection)
  // Limits of one name would share counts.
  const name = `bench ${limit}`
  const limiter = createLimiter({ name, algorithm, limit, windowMs: WINDOW_MS, store, onStoreError: 'closed' })
  return {
    decide: async (key) => (await limiter.take(key)).allowed,
    close() {
      connection.close()
      client.disconnect()
    },
  }
}

/** @param {boolean} pipelining ioredis sends what comes in one turn of the event loop in one write. */
const express = (pipelining) => (port, limit) => {
  const client = new Redis({ host: '127.0.0.1', port, enableAutoPipelining: pipelining })
  const middleware = rateLimit({
    windowMs: WINDOW_MS,
    limit,
    legacyHeaders: false,
    validate: false,
    keyGenerator: ({ key }) => key,
    store: new RedisStore({ sendCommand: (...command) => client.call(...command) }),
    handler: (_request, response) => response.done(false),
  })
  return {
    decide: (key) =>
      new Promise((resolve, reject) => {
        const response = { headersSent: true, done: resolve, setHeader() {}, on() {} }
        middleware({ key }, response, (error) => (error === undefined ? resolve(true) : reject(error)))
      }),
    close: () => client.disconnect(),
  }
}

const flexible = (pipelining) => (port, limit) => {
  const client = new Redis({ host: '127.0.0.1', port, enableAutoPipelining: pipelining })
  const limiter = new RateLimiterRedis({ storeClient: client, points: limit, duration: WINDOW_MS / 1_000 })
  return {
    decide: (key) =>
      limiter.consume(key).then(
        () => true,
        (reason) => {
          if (reason instanceof Error) throw reason
          return false
        },
      ),
    close: () => client.disconnect(),
  }
}

export const REDIS_CONTENDERS = {
  'edgewise fixed-window': edgewise('fixed-window'),
  'edgewise sliding-window': edgewise('sliding-window'),
  'edgewise sliding-log': edgewise('sliding-log'),
  'edgewise token-bucket': edgewise('token-bucket'),
  'edgewise gcra': edgewise('gcra'),
  'express-rate-limit, rate-limit-redis': express(false),
  'the same, with auto pipelining': express(true),
  'rate-limiter-flexible': flexible(false),
  'the same with auto pipelining': flexible(true),
}
