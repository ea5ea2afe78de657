import type { RedisScript } from '../script.js'
import { limitScript, READ_CLOCK } from './algorithm.js'

/**
 * A text a key. While all that was taken was taken in one millisecond, it is a number, which Redis keeps in 16 bytes: the millisecond and,
 * in four digits, the units less one.
 *
 * More are records, oldest first: the last bytes of a millisecond, as many as tell those of one window apart, and how many units had been
 * taken with it, modulo 65,536. Behind them stands a summary, so that most decisions read the end of a log and write there, however long
 * it is: the newest millisecond, how many records there are, how many of them no longer count, the units taken with those, and the oldest
 * record that counts.
 *
 * A log that fits `NEAR` is written anew each time, which leaves no slack in Redis's memory. A longer one is rid of what no longer counts
 * once that is more than half of it: the same for each decision, on average. Its end is two windows ahead, and put off with the first unit
 * in each window of the clock, so that it is never less than one ahead of the newest.
 */
export const SLIDING_LOG: RedisScript = limitScript(`
${READ_CLOCK}
local pack, unpack, NEAR = struct.pack, struct.unpack, 256
local bytes = window <= 65536 and 2 or window <= 16777216 and 3 or 4
local span, size, summarySize = 256 ^ bytes, bytes + 2, bytes + 14
local record = '>I' .. bytes .. 'I2'
local final = record .. 'I6I2I2I2I' .. bytes .. 'I2'
-- The log at hand: what was read of it, and from which byte on. Units (used, and with the oldest) are counted from 'before'.
local key, text, from, whole, count, dead, before, used, newest, oldest, first
local function clear()
  text, from, whole, count, dead, before, used = '', 0, true, 0, 0, 0, 0
end
local function open()
  clear()
  text = call('GETRANGE', key, -NEAR, -1)
  if text == '' then return end
  if #text < 20 then
    local moment, units = string.match(text, '^(%d%d%d%d%d%d%d%d%d%d%d%d%d+)(%d%d%d%d)$')
    newest, used, count = tonumber(moment), units + 1, 1
    oldest, first, text = newest, used, pack(record, newest, used)
  else
    local last, sum
    last, sum, newest, count, dead, before, oldest, first = unpack(final, text, #text - size - summarySize + 1)
    from = count * size + summarySize - #text
    whole = from == 0
    if last ~= newest % span or dead >= count or not whole and (from < 0 or #text < NEAR) then
      error('ERR it is no log of a limit')
    end
    oldest, first, used = newest - (newest - oldest) % span, (first - before) % 65536, (sum - before) % 65536
  end
end
-- Has records at hand, without a command where they are.
local function hold(low, high)
  local start, stop = low * size, (high + 1) * size
  if start < from or stop > from + #text then
    text, from = call('GETRANGE', key, start, stop - 1), start
  end
end
-- The time of a record, and the units taken with it.
local function read(index)
  hold(index, index)
  local moment, units = unpack(record, text, index * size - from + 1)
  return newest - (newest - moment) % span, (units - before) % 65536
end
-- The first of those that counted whose time, or whose units, are no less than a value, as the newest's are. Most often it is near.
local function find(byUnits, least)
  local low, high, last, step = dead, dead, count - 1, 1
  local function fits(index)
    local moment, units = read(index)
    return (byUnits and units or moment) >= least
  end
  hold(low, math.min(low + 63, last))
  while high < last and not fits(high) do
    low, high, step = high + 1, math.min(high + step, last), 2 * step
  end
  while low < high do
    if high - low < 64 then hold(low, high) end
    local middle = math.floor((low + high) / 2)
    if fits(middle) then high = middle else low = middle + 1 end
  end
  return low
end
-- Writes the newest record and the summary behind so many others, of which those that no longer count go where that is cheap.
local function write(kept, last)
  count = kept + 1
  if count - dead == 1 then
    call('SET', key, string.format('%013d%04d', newest, used - 1), 'PX', newest + window - time)
    return
  end
  local anew, start, stop, body = whole or 2 * dead > count, dead * size, kept * size
  if anew then
    body = whole and string.sub(text, start + 1, stop) or call('GETRANGE', key, start, stop - 1)
    count, dead = count - dead, 0
  end
  local tail = pack(final, newest, before + used, newest, count, dead, before, oldest, before + first)
  if anew then
    local windows = #body + #tail > NEAR and 2 or 1
    call('SET', key, body .. tail, 'PX', newest + windows * window - time)
  else
    call('SETRANGE', key, stop, tail)
    if math.floor(last / window) ~= math.floor(newest / window) then
      call('PEXPIRE', key, newest + 2 * window - time)
    end
  end
end
local function decide(name, cost)
  key = name
  open()
  local at = time
  if count > 0 then
    -- The clock was set back: by little, it stands still until it is there again; by more than a window, all begins anew.
    if newest > at and newest - at <= window then at = newest end
    if newest > at or newest <= at - window then
      if op ~= 'peek' then call('DEL', key) end
      clear()
    elseif oldest <= at - window then
      dead = find(false, at - window + 1)
      local _, gone = read(dead - 1)
      before, used = before + gone, used - gone
      oldest, first = read(dead)
    end
  end
  if op == 'give' then
    -- The oldest go: which they were is not known, and those would go first anyway.
    if cost >= used then
      call('DEL', key)
    else
      dead = find(true, cost + 1)
      before, used = before + cost, used - cost
      oldest, first = read(dead)
      write(count - 1, newest)
    end
    return 0, 0, 0
  end
  local retry = 0
  if cost > limit then
    retry = -1
  elseif used + cost > limit then
    -- The first moment whose units are no less than what has to go: most often the oldest.
    local going, moment = used + cost - limit, oldest
    if first < going then moment = read(find(true, going)) end
    retry = window - time + moment
  elseif cost > 0 then
    local kept, last = count, newest
    if count > 0 and newest == at then kept = count - 1 end
    newest, used = at, used + cost
    if op == 'take' then write(kept, last) end
  end
  return math.max(0, limit - used), used > 0 and newest + window - time or 0, retry
end
`)
