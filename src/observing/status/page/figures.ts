/** What nothing is known of. */
const NONE = '–'

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const tenths = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })

export const count = (value: number): string => whole.format(value)

export const rate = (value: number | null): string =>
  value === null ? NONE : (value < 100 ? tenths : whole).format(value)

export const percent = (share: number | null): string => {
  if (share === null) return NONE
  return share > 0 && share < 0.001 ? '<0.1 %' : `${tenths.format(share * 100)} %`
}

export const duration = (ms: number | null): string => {
  if (ms === null) return NONE
  if (ms < 10) return `${tenths.format(ms)} ms`
  return ms < 1_000 ? `${whole.format(Math.round(ms))} ms` : `${tenths.format(ms / 1_000)} s`
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

export const bytes = (value: number): string => {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)))
  return `${tenths.format(value / 1_000 ** power)} ${UNITS[power]}`
}

/** A moment as readers without a script see it; the script puts it into their own time and words. */
export const moment = (at: number): string =>
  `${new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, '')} UTC`
