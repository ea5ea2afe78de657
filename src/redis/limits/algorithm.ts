import { type RedisScript, redisScript } from '../script.js'

/** What a script of a limit is asked to do with each of its keys. */
export type LimitOperation = 'take' | 'peek' | 'give'

/** Sets `time` to Redis's own clock, in milliseconds. */
export const READ_CLOCK = `
local clock = call('TIME')
local time = clock[1] * 1000 + math.floor(clock[2] / 1000)
`

/**
 * Makes the script of one algorithm, which decides on any number of keys, each by itself: KEYS are what is asked for, ARGV the operation,
 * the units, the milliseconds of a window, one more text, and then the cost for each key.
 *
 * The algorithm defines `decide(key, cost)`, which gives what remains, and milliseconds until nothing counts and until as many are there
 * (-1 for never). It writes nothing unless it admits, so that an attack costs Redis reads only, and every key that it writes gets its
 * end in the same command or the next one (H-143). Where one of several keys is not what it should be, its own decision is the error's
 * text, and the others stand.
 */
export function limitScript(decide: string): RedisScript {
  return redisScript(`
local call, op, limit, window, extra = redis.call, ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
${decide.trim()}
if #KEYS == 1 then return { decide(KEYS[1], tonumber(ARGV[5])) } end
local answers = {}
for at, key in ipairs(KEYS) do
  local fine, remaining, reset, retry = pcall(decide, key, tonumber(ARGV[4 + at]))
  if not fine then
    local text = type(remaining) == 'table' and remaining.err or tostring(remaining)
    remaining, reset, retry = string.match(text, '%u[%u%d]+ .*') or 'ERR ' .. text, 0, 0
  end
  local last = 3 * at
  answers[last - 2], answers[last - 1], answers[last] = remaining, reset, retry
end
return answers
`)
}
