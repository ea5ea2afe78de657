import type { RedisScript } from '../script.js'
import { limitScript, READ_CLOCK } from './algorithm.js'

/**
 * Token bucket and GCRA, which are one (ITU-T I.371): a key holds the moment at which its bucket is full again. `limit` is what the
 * bucket holds, `extra` the units per window. What is missing is counted in units × window, of which `rate` come back each millisecond,
 * so that all of it is whole numbers; never more than the bucket holds, also when the clock was set back (H-142).
 *
 * A key holds the millisecond, rounded up, and behind it what that is too much, in as many digits as the rate has: one number, which Redis
 * keeps in 16 bytes for rates below a million.
 */
export const BUCKET: RedisScript = limitScript(`
${READ_CLOCK}
local rate, digits, full = tonumber(extra), #extra, limit * window
local format = '%d%0' .. digits .. 'd'
local function write(key, gone)
  local left = math.ceil(gone / rate)
  local over = math.max(0, math.min(rate - 1, left * rate - gone))
  call('SET', key, string.format(format, time + left, over), 'PX', left)
end
local function missing(key)
  local value = call('GET', key)
  if not value then return 0 end
  local gone = (tonumber(string.sub(value, 1, -1 - digits)) - time) * rate - tonumber(string.sub(value, -digits))
  if gone > full then
    gone = full
    if op ~= 'peek' then write(key, full) end
  end
  return math.max(0, gone)
end
local function decide(key, cost)
  local gone, want = missing(key), cost * window
  if op == 'give' then
    if gone > want then write(key, gone - want) elseif gone > 0 then call('DEL', key) end
    return 0, 0, 0
  end
  local retry = 0
  if gone + want > full then
    retry = cost > limit and -1 or math.ceil((gone + want - full) / rate)
  else
    gone = gone + want
    if op == 'take' and cost > 0 then write(key, gone) end
  end
  return math.floor((full - gone) / window), math.ceil(gone / rate), retry
end
`)
