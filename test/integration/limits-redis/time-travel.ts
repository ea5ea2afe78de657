import { type RedisConnection, redisScript } from 'edgewise/redis'

/** Where the moment is kept that scripts take for now. */
const CLOCK = 'time-travel:now'

/**
 * What stands in front of a script so that the moment in `CLOCK` is now to it: TIME gives it, and ends of keys are kept beside them
 * and compared with it. Commands that a limit uses, and no others.
 */
const PRELUDE = `
local real = redis
local function clock() return tonumber(real.call('GET', '${CLOCK}')) end
local function left(key)
  local ends = real.call('GET', 'end:' .. key)
  if not ends then return real.call('EXISTS', key) == 1 and -1 or -2 end
  if tonumber(ends) > clock() then return tonumber(ends) - clock() end
  real.call('DEL', key, 'end:' .. key)
  return -2
end
local function expire(key, ms) real.call('SET', 'end:' .. key, string.format('%d', clock() + ms)) end
local redis = { call = function(name, key, ...)
  if name == 'TIME' then return { math.floor(clock() / 1000), clock() % 1000 * 1000 } end
  local ttl = left(key)
  if name == 'PTTL' then return ttl end
  if name == 'PEXPIRE' then return expire(key, ...) end
  if name == 'DEL' then return real.call('DEL', key, 'end:' .. key) end
  if name ~= 'SET' then return real.call(name, key, ...) end
  local value, mode, ms = ...
  if mode == 'PX' then expire(key, ms) end
  if mode == 'KEEPTTL' and ttl < 0 then error('ERR a value without an end') end
  return real.call('SET', key, value)
end }
`

/** A connection to a Redis whose scripts are told what time it is. */
export interface TimeTravel {
  readonly connection: RedisConnection
  /** @param at Whole milliseconds since 1970. */
  set(at: number): Promise<void>
}

export function timeTravel(connection: RedisConnection): TimeTravel {
  return {
    connection: {
      name: connection.name,
      keyPrefix: connection.keyPrefix,
      cluster: false,
      up: true,
      call: (...command) => connection.call(...command),
      run: ({ lua }, keys, args) => connection.run(redisScript(PRELUDE + lua), keys, args),
      keys: (prefix) => connection.keys(prefix),
      refusal: (command, error) => connection.refusal(command, error),
      close: () => connection.close(),
    },
    async set(at) {
      await connection.call('SET', CLOCK, String(at))
    },
  }
}
