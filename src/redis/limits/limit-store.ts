import { hash } from 'node:crypto'
import type { LimitAlgorithm, LimitRule } from '../../limiting/rule.js'
import type { Decision, LimitCounter, LimitStore } from '../../limiting/store.js'
import { check, checkOptions, optionError } from '../../options.js'
import { type RedisConnection, USUAL_PREFIX } from '../connection.js'
import type { RedisScript } from '../script.js'
import { Batch } from './batch.js'
import { BUCKET } from './bucket.js'
import { FIXED_MONTH, FIXED_PERIOD, FIXED_WINDOW } from './fixed-window.js'
import { SLIDING_LOG } from './sliding-log.js'
import { SLIDING_WINDOW } from './sliding-window.js'

export interface RedisLimitStoreOptions {
  /** Tells apart the stores on one connection: limits of the same name in two of them count apart. @default 'limits' */
  readonly name?: string | undefined
  /** Stands before its keys. Up to three letters make a key 16 bytes smaller. @default the connection's; `'ew:'` where that is the usual one */
  readonly keyPrefix?: string | undefined
}

const SCRIPTS: Readonly<Record<Exclude<LimitAlgorithm, 'fixed-window'>, RedisScript>> = {
  'sliding-window': SLIDING_WINDOW,
  'sliding-log': SLIDING_LOG,
  'token-bucket': BUCKET,
  gcra: BUCKET,
}

/** The longest month, past which no window of one can end. */
const MONTH_MS = 31 * 24 * 60 * 60 * 1_000

/**
 * Keeps limits in Redis, so that all processes that use the same prefix and names count together, by Redis's clock. Every decision is
 * one step of Redis (a Lua script), those of one turn of the event loop go in one command, and every key has an end.
 *
 * Its counters reject with `ERR_EDGE_STORE` after a bounded wait, or at once while Redis is known to be away; what that means to a client
 * is for the limiter's `onStoreError` to say.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const store = redisLimitStore(redisConnection(client, { timeoutMs: 50 }))
 * const limit = rateLimit({ name: 'api', limit: 100, windowMs: 60_000, store })
 * ```
 */
export function redisLimitStore(connection: RedisConnection, options: RedisLimitStoreOptions = {}): LimitStore {
  checkOptions('redisLimitStore', options, { name: check.string, keyPrefix: check.string })
  if (typeof connection?.run !== 'function')
    throw optionError('redisLimitStore', 'connection', connection, 'what redisConnection() returns')
  const { name: store = 'limits', keyPrefix = shortened(connection.keyPrefix) } = options
  return {
    name: store,
    open: (rule, name) => new Counter(connection, rule, [store, name], keyPrefix),
    // The connection may be others', too.
    close: () => {},
  }
}

/** Nobody chose the usual prefix, which would cost each of many keys 16 bytes. */
function shortened(prefix: string): string {
  return prefix === USUAL_PREFIX ? 'ew:' : prefix
}

class Counter implements LimitCounter {
  readonly #connection: RedisConnection
  readonly #batch: Batch
  readonly #keyPrefix: string
  readonly #scope: string

  constructor(connection: RedisConnection, rule: LimitRule, names: readonly string[], keyPrefix: string) {
    const { algorithm, limit, burst, windowMs, period } = rule
    const script = scriptOf(rule)
    const isBucket = script === BUCKET
    this.#connection = connection
    this.#keyPrefix = keyPrefix
    // What a count means hangs on these, so that a rule with others never reads it. The limit does not: it may change while counts go on.
    this.#scope = JSON.stringify([...names, algorithm, period ?? windowMs, isBucket ? String(limit).length : 0])
    const numbers = isBucket ? [burst, windowMs, limit] : [limit, period === 'month' ? MONTH_MS : windowMs, '']
    this.#batch = new Batch(connection, script, limit, numbers.map(String))
  }

  take(key: string, cost: number): Promise<Decision> {
    return this.#batch.ask('take', this.#key(key), cost)
  }

  peek(key: string, cost: number): Promise<Decision> {
    return this.#batch.ask('peek', this.#key(key), cost)
  }

  async give(key: string, cost: number): Promise<void> {
    await this.#batch.ask('give', this.#key(key), cost)
  }

  async reset(key: string): Promise<void> {
    this.#batch.flush()
    await this.#connection.call('UNLINK', this.#key(key))
  }

  /**
   * Of one short length, whatever a client sends, without its address or name in it, and of no node's choosing. 66 bits: to meet a
   * certain key takes 2^66 tries, and what is won is one count shared. With a prefix of three letters it just fits 16 bytes of Redis's
   * memory.
   */
  #key(key: string): string {
    return this.#keyPrefix + hash('sha256', this.#scope + key, 'base64url').slice(0, 11)
  }
}

function scriptOf({ algorithm, period }: LimitRule): RedisScript {
  if (algorithm !== 'fixed-window') return SCRIPTS[algorithm]
  if (period === null) return FIXED_WINDOW
  return period === 'month' ? FIXED_MONTH : FIXED_PERIOD
}
