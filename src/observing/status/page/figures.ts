/** What nothing is known of. */
const NONE = '–'

/** Made with the first number: it loads what is known of languages, a fifth of what importing the core took. */
const upTo = (maximumFractionDigits: number): ((value: number) => string) => {
  let format: Intl.NumberFormat | undefined
  return (value) => {
    format ??= new Intl.NumberFormat('en', { maximumFractionDigits })
    return format.format(value)
  }
}
const whole = upTo(0)
const tenths = upTo(1)

export const count = (value: number): string => whole(value)

export const rate = (value: number | null): string => (value === null ? NONE : (value < 100 ? tenths : whole)(value))

export const percent = (share: number | null): string => {
  if (share === null) return NONE
  return share > 0 && share < 0.001 ? '<0.1 %' : `${tenths(share * 100)} %`
}

export const duration = (ms: number | null): string => {
  if (ms === null) return NONE
  if (ms < 10) return `${tenths(ms)} ms`
  return ms < 1_000 ? `${whole(Math.round(ms))} ms` : `${tenths(ms / 1_000)} s`
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

export const bytes = (value: number): string => {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)))
  return `${tenths(value / 1_000 ** power)} ${UNITS[power]}`
}

/** A moment as readers without a script see it; the script puts it into their own time and words. */
export const moment = (at: number): string =>
  `${new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, '')} UTC`
