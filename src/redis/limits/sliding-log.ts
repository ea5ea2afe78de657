import type { RedisScript } from '../script.js'
import { limitScript, READ_CLOCK } from './algorithm.js'

/**
 * A list a key: how many units had been taken before, and then, for every millisecond with any, the moment and how many had been taken
 * with it. What counts is the last number less the first, and dropping two from the front forgets a moment. A moment is found by
 * halving.
 */
export const SLIDING_LOG: RedisScript = limitScript(`
${READ_CLOCK}
local function read(key, index) return tonumber(call('LINDEX', key, index)) end
-- How many moments, from the first, are at most a value: by their time (offset -1), or by their count (offset 0).
local function moments(key, offset, value)
  local low, high = 0, (call('LLEN', key) - 1) / 2
  while low < high do
    local middle = math.floor((low + high + 1) / 2)
    if read(key, 2 * middle + offset) <= value then low = middle else high = middle - 1 end
  end
  return low
end
local function decide(key, cost)
  local first, final, at = call('LRANGE', key, 0, 2), call('LRANGE', key, -2, -1), time
  local before, oldest, newest, sum = tonumber(first[1] or 0), tonumber(first[2]), tonumber(final[1]), tonumber(final[2])
  -- The clock was set back: by little, it stands still until it is there again; by more than a window, all begins anew.
  if newest and newest > at and newest - at <= window then at = newest end
  if newest and (newest > at or newest <= at - window) then
    if op ~= 'peek' then call('DEL', key) end
    before, oldest, newest = 0, nil, nil
  end
  if oldest and oldest <= at - window then
    local gone = moments(key, -1, at - window)
    before, oldest = read(key, 2 * gone), nil
    if op ~= 'peek' then call('LTRIM', key, 2 * gone, -1) end
  end
  local used = newest and sum - before or 0
  if op == 'give' then
    -- The oldest go: which they were is not known, and those would go first anyway.
    if cost >= used then
      call('DEL', key)
    else
      call('LTRIM', key, 2 * moments(key, 0, before + cost), -1)
      call('LSET', key, 0, before + cost)
    end
    return 0, 0, 0
  end
  local retry = 0
  if cost > limit then
    retry = -1
  elseif used + cost > limit then
    -- The first moment whose count is no less than what has to go: most often the oldest.
    local going = sum + cost - limit
    local moment = oldest and tonumber(first[3]) >= going and oldest or read(key, 2 * moments(key, 0, going - 1) + 1)
    retry = window - time + moment
  elseif cost > 0 then
    used = used + cost
    if op == 'take' then
      if newest == at then
        call('LSET', key, -1, sum + cost)
      elseif newest then
        call('RPUSH', key, at, sum + cost)
      else
        call('RPUSH', key, 0, at, cost)
      end
      call('PEXPIRE', key, window + at - time)
    end
    newest = at
  end
  return math.max(0, limit - used), used > 0 and newest + window - time or 0, retry
end
`)
