/** Writes a moment, in milliseconds since 1970. */
export type Stamp = (ms: number) => string

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

/** What stays the same for a while is made once in it: `toISOString` alone costs as much as all the rest of a line. */
function once(everyMs: number, make: (ms: number) => string): Stamp {
  let made = Number.NaN
  let text = ''
  return (ms) => {
    const at = Math.floor(ms / everyMs)
    if (at !== made) {
      made = at
      text = make(at * everyMs)
    }
    return text
  }
}

const untilMillis = once(1_000, (ms) => new Date(ms).toISOString().slice(0, -4))

/** ISO 8601 in UTC, to the millisecond. */
export const isoTime: Stamp = once(1, (ms) => {
  const rest = ms % 1_000
  return [untilMillis(ms), rest < 10 ? '00' : rest < 100 ? '0' : '', rest, 'Z'].join('')
})

/** Local time as NGINX and Apache write it: `30/Nov/2026:11:07:43 +0100`. */
export const commonTime: Stamp = once(1_000, (ms) => {
  const date = new Date(ms)
  const offset = -date.getTimezoneOffset()
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.trunc(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`
  return `${two(date.getDate())}/${MONTHS[date.getMonth()]}/${date.getFullYear()}:${clock} ${zone}`
})

function two(number: number): string {
  return String(number).padStart(2, '0')
}
