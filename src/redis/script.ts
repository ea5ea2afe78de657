import { createHash } from 'node:crypto'

/** A Lua script with the name that Redis knows it by. */
export interface RedisScript {
  readonly lua: string
  readonly sha: string
}

/**
 * Names a Lua script, once; run it by `connection.run`.
 *
 * @example
 * ```ts
 * const take = redisScript("return redis.call('DECRBY', KEYS[1], ARGV[1])")
 * ```
 */
export function redisScript(lua: string): RedisScript {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') }
}
