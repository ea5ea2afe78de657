import type { RedisScript } from '../script.js'
import { limitScript } from './algorithm.js'

/**
 * Two counts a key: this window's, and the last one's, which fades. Windows begin with a key's first unit, and a key ends with the window
 * after its own, so that the time it has left tells where in its window it is. The counts are one number, ten digits for this window's
 * and the last one's plus one in front of them, which Redis keeps in 16 bytes as long as it fits 64 bits. A key that ends later than any
 * can gets the end of one that begins now: the clock was set back (H-142).
 */
export const SLIDING_WINDOW: RedisScript = limitScript(`
local function decide(key, cost)
  local value, left, last, this, begun = call('GET', key), 0, 0, 0, false
  if value then left = call('PTTL', key) end
  if left > 0 then
    last, this = tonumber(string.sub(value, 1, -11)) - 1, tonumber(string.sub(value, -10))
    if left > 2 * window then
      left = 2 * window
      if op ~= 'peek' then call('PEXPIRE', key, left) end
    end
    begun = left > window
    if not begun then last, this, left = this, 0, left + window end
  else
    left = 2 * window
  end
  local rest = left - window
  -- The last window's units have begun to fade: what was taken there is left to it.
  if op == 'give' then
    if this > 0 then
      call('SET', key, string.format('%d%010d', last + 1, math.max(0, this - cost)), 'KEEPTTL')
    end
    return 0, 0, 0
  end
  local room, retry = limit - cost - this, 0
  if last * rest > room * window then
    if cost > limit then retry = -1
    elseif room >= 0 then retry = rest - math.floor(room * window / last)
    else retry = rest + window - math.floor((limit - cost) * window / this) end
  else
    this = this + cost
    if op == 'take' and cost > 0 then
      local counts = string.format('%d%010d', last + 1, this)
      if begun then call('SET', key, counts, 'KEEPTTL') else call('SET', key, counts, 'PX', left) end
    end
  end
  local reset = this > 0 and left or last > 0 and rest or 0
  return math.max(0, math.floor(((limit - this) * window - last * rest) / window)), reset, retry
end
`)
