const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const LONG_DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

const day = `(?:${DAYS.join('|')})`
const month = `(?<month>${MONTHS.join('|')})`
const time = '(?<hour>[0-9]{2}):(?<minute>[0-9]{2}):(?<second>[0-9]{2})'

/** The three forms of RFC 9110 §5.6.7: IMF-fixdate, RFC 850, asctime. Letter case is ignored, nothing else is. */
const FORMS = [
  new RegExp(`^${day}, (?<date>[0-9]{2}) ${month} (?<year>[0-9]{4}) ${time} GMT$`, 'i'),
  new RegExp(`^(?:${LONG_DAYS.join('|')}), (?<date>[0-9]{2})-${month}-(?<year>[0-9]{2}) ${time} GMT$`, 'i'),
  new RegExp(`^${day} ${month} (?<date>[0-9]{2}| [0-9]) ${time} (?<year>[0-9]{4})$`, 'i'),
]

/**
 * Reads a date of HTTP; `null` for anything that is not exactly one. `Date.parse` never sees a field: it takes `UTC`, dashes and
 * much else for a date, each of which would keep a response that has expired.
 *
 * @param now For years of two digits: one more than 50 years ahead is of the century before (RFC 9110 §5.6.7).
 */
export function parseDate(field: string, now: number): number | null {
  for (const form of FORMS) {
    const parts = form.exec(field)?.groups
    if (parts !== undefined) return toTime(parts, now)
  }
  return null
}

function toTime(parts: Readonly<Record<string, string | undefined>>, now: number): number | null {
  const [date, hour, minute, second] = ['date', 'hour', 'minute', 'second'].map((part) => Number(parts[part]))
  const year = fullYear(parts['year']!, now)
  const at = MONTHS.indexOf(parts['month']!.toLowerCase())
  // A leap second is the second before it.
  const made = new Date(Date.UTC(year, at, date!, hour!, minute!, Math.min(second!, 59)))
  // `Date.UTC` rolls the 31st of February over, and takes the years 0 to 99 for those of the 20th century.
  const exists = made.getUTCFullYear() === year && made.getUTCMonth() === at && made.getUTCDate() === date
  return exists && hour! < 24 && minute! < 60 && second! <= 60 ? made.getTime() : null
}

function fullYear(year: string, now: number): number {
  if (year.length === 4) return Number(year)
  const thisYear = new Date(now).getUTCFullYear()
  const near = thisYear - (thisYear % 100) + Number(year)
  return near > thisYear + 50 ? near - 100 : near
}

/** A time as IMF-fixdate. */
export function formatDate(time: number): string {
  return new Date(time).toUTCString()
}
