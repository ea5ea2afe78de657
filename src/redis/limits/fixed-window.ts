import type { RedisScript } from '../script.js'
import { limitScript, READ_CLOCK } from './algorithm.js'

/** With `length` set to how long a window lasts that begins now. */
const DECIDE = `
local function decide(key, cost)
  local used, left, begun = call('GET', key), 0, false
  if used then left = call('PTTL', key) end
  if left > 0 then
    used, begun = tonumber(used), true
    if left > window then
      left = length
      if op ~= 'peek' then call('PEXPIRE', key, left) end
    end
  else
    used, left = 0, length
  end
  if op == 'give' then
    if begun then call('DECRBY', key, math.min(used, cost)) end
    return 0, 0, 0
  end
  local retry = 0
  if used + cost > limit then
    retry = cost > limit and -1 or left
  else
    used = used + cost
    if op == 'take' and cost > 0 then
      if begun then call('INCRBY', key, cost) else call('SET', key, used, 'PX', left) end
    end
  end
  return math.max(0, limit - used), (begun or used > 0) and left or 0, retry
end
`

/**
 * One count a key, which ends with its window. A window that ends later than any can gets the end of one that begins now: the clock was
 * set back (H-142), or somebody else set the end.
 */
export const FIXED_WINDOW: RedisScript = limitScript(`
local length = window
${DECIDE}`)

/** The same with windows of seconds, minutes, hours or days of the calendar, in UTC. */
export const FIXED_PERIOD: RedisScript = limitScript(`
${READ_CLOCK}
local length = window - time % window
${DECIDE}`)

/**
 * The same with months, of which `window` is the longest. The day is worked out with Howard Hinnant's civil-from-days
 * (https://howardhinnant.github.io/date_algorithms.html), whose years begin in March.
 */
export const FIXED_MONTH: RedisScript = limitScript(`
${READ_CLOCK}
local days = math.floor(time / 86400000) + 719468
local dayOfEra = days % 146097
local yearOfEra = math.floor((dayOfEra - math.floor(dayOfEra / 1460) + math.floor(dayOfEra / 36524)
  - math.floor(dayOfEra / 146096)) / 365)
local dayOfYear = dayOfEra - (365 * yearOfEra + math.floor(yearOfEra / 4) - math.floor(yearOfEra / 100))
local month = math.floor((5 * dayOfYear + 2) / 153)
local dayOfMonth = dayOfYear - math.floor((153 * month + 2) / 5)
local monthLength = math.floor((153 * (month + 1) + 2) / 5) - math.floor((153 * month + 2) / 5)
if month == 11 then
  local year = yearOfEra + 1
  monthLength = (year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)) and 29 or 28
end
local length = (monthLength - dayOfMonth) * 86400000 - time % 86400000
${DECIDE}`)
