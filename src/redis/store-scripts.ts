import { type RedisScript, redisScript } from './script.js'

/*
 * A slot is one hash, so that reading it is one HVALS and its variants live on one node of a cluster. A field's name is
 *
 *     order, 12 hex digits | digest of the entry's tags, 16 characters | the variant's name
 *
 * and its value the entry: scripts look at names only, and no body is ever copied into Lua.
 */
export const ORDER = 12
export const TAGS = 16

/** ARGV: digest of the tags, variant, blob, milliseconds to keep, number of variants. */
export const PUT: RedisScript = redisScript(`
local last, names = 0, {}
for _, name in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.sub(name, ${ORDER + TAGS + 1}) == ARGV[2] then
    redis.call('HDEL', KEYS[1], name)
  else
    table.insert(names, name)
  end
  last = math.max(last, tonumber(string.sub(name, 1, ${ORDER}), 16) or 0)
end
table.sort(names)
for i = 1, #names - ARGV[5] + 1 do redis.call('HDEL', KEYS[1], names[i]) end
redis.call('HSET', KEYS[1], string.format('%0${ORDER}x', last + 1) .. ARGV[1] .. ARGV[2], ARGV[3])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[4]) then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
`)

/** Takes out what is named: ARGV are where in a field's name it begins (from 1), and how the name goes on from there. */
export const TAKE: RedisScript = redisScript(`
local gone = 0
for _, name in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.sub(name, tonumber(ARGV[1])) == ARGV[2] then gone = gone + redis.call('HDEL', KEYS[1], name) end
end
return gone
`)

/** Files a member under a tag for as long as its entry can live, by Redis's own clock, and lets go of those past their time. ARGV: member, milliseconds. */
export const FILE: RedisScript = redisScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
`)
