import { EdgeError } from '../errors.js'
import type { IdempotencyStore, KeptReply, KnownRequest } from '../filters/traffic/idempotency/store.js'
import { check, checkOptions, optionError } from '../options.js'
import type { RedisConnection } from './connection.js'
import { type RedisScript, redisScript } from './script.js'

export interface RedisIdempotencyStoreOptions {
  /** Tells apart the stores on one connection: it is part of every key. @default 'idempotency' */
  readonly name?: string | undefined
}

/*
 * One key for each request: `R` and its fingerprint while it runs; then `D`, a head as JSON, a line feed, and the body as it was.
 */
const RUNNING = 'R'.charCodeAt(0)
const DONE = 'D'.charCodeAt(0)
const LINE_FEED = 10

const BEGIN: RedisScript = redisScript(`
local known = redis.call('GET', KEYS[1])
if known then return known end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return false
`)

/** Only what is still under way: a reply that is there already was carried out. */
const ABANDON: RedisScript = redisScript(`
if redis.call('GETRANGE', KEYS[1], 0, 0) == 'R' then redis.call('UNLINK', KEYS[1]) end
return false
`)

/** What follows `D`: fingerprint, status, fields, and whether the body was kept. */
interface Head {
  readonly f: string
  readonly s: number
  readonly h: KeptReply['headers']
  readonly k: boolean
}

/**
 * Keeps idempotent requests in Redis, so that it does not matter which process a client's second try comes to. Of two that begin at once, on
 * whatever processes, one is told of the other. While Redis is down, requests with a key are answered with 503.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const once = idempotency({ store: redisIdempotencyStore(redisConnection(client)) })
 * ```
 */
export function redisIdempotencyStore(
  connection: RedisConnection,
  options: RedisIdempotencyStoreOptions = {},
): IdempotencyStore {
  checkOptions('redisIdempotencyStore', options, { name: check.string })
  if (typeof connection?.run !== 'function')
    throw optionError('redisIdempotencyStore', 'connection', connection, 'what redisConnection() returns')
  const prefix = `${connection.keyPrefix}${options.name ?? 'idempotency'}:`
  return {
    async begin(id, fingerprint, runMs) {
      const known = await connection.run(BEGIN, [prefix + id], [`R${fingerprint}`, String(runMs)])
      return known === null ? null : decode(known)
    },
    async finish(id, fingerprint, { status, headers, body }, keepMs) {
      const head: Head = { f: fingerprint, s: status, h: headers, k: body !== null }
      const blob = Buffer.concat([Buffer.from(`D${JSON.stringify(head)}\n`), body ?? Buffer.alloc(0)])
      await connection.call('SET', prefix + id, blob, 'PX', String(keepMs))
    },
    async abandon(id) {
      await connection.run(ABANDON, [prefix + id], [])
    },
  }
}

function decode(blob: unknown): KnownRequest {
  if (Buffer.isBuffer(blob)) {
    if (blob[0] === RUNNING) return { fingerprint: blob.toString('latin1', 1), reply: null }
    const end = blob[0] === DONE ? blob.indexOf(LINE_FEED) : -1
    try {
      const { f, s, h, k } = JSON.parse(blob.toString('utf8', 1, end)) as Head
      return {
        fingerprint: f,
        reply: { status: s, headers: h, body: k ? new Uint8Array(blob.subarray(end + 1)) : null },
      }
    } catch {
      // Not ours: answered below.
    }
  }
  throw new EdgeError('ERR_EDGE_STORE', 'an idempotency key of Redis holds something else')
}
