import type { Milliseconds } from '../options.js'
import type { CalendarPeriod } from './rule.js'

const LENGTHS: Readonly<Record<Exclude<CalendarPeriod, 'month'>, Milliseconds>> = {
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
}

/** When the period ends that a moment lies in, in UTC. Of the day on which a leap second falls, too: POSIX time has none. */
export function periodEnd(period: CalendarPeriod, wallMs: Milliseconds): Milliseconds {
  if (period === 'month') {
    const date = new Date(wallMs)
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1)
  }
  const length = LENGTHS[period]
  return (Math.floor(wallMs / length) + 1) * length
}
