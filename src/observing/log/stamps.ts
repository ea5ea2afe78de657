/** Writes a moment, in milliseconds since 1970. */
export type Stamp = (ms: number) => string

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

/** What stays the same for a second is made once in it: `toISOString` alone costs as much as all the rest of a line. */
function eachSecond(make: (date: Date) => string): Stamp {
  let made = Number.NaN
  let text = ''
  return (ms) => {
    const second = Math.floor(ms / 1000)
    if (second !== made) {
      made = second
      text = make(new Date(second * 1000))
    }
    return text
  }
}

const untilMillis = eachSecond((date) => date.toISOString().slice(0, -4))

/** ISO 8601 in UTC, to the millisecond. */
export function isoTime(ms: number): string {
  const rest = Math.floor(ms) % 1000
  return `${untilMillis(ms)}${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}Z`
}

/** Local time as NGINX and Apache write it: `30/Nov/2026:11:07:43 +0100`. */
export const commonTime: Stamp = eachSecond((date) => {
  const offset = -date.getTimezoneOffset()
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.trunc(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`
  return `${two(date.getDate())}/${MONTHS[date.getMonth()]}/${date.getFullYear()}:${clock} ${zone}`
})

function two(number: number): string {
  return String(number).padStart(2, '0')
}
