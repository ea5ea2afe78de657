/** Browser script: figures in the reader's own way, and changes of the document that cost nothing where nothing is new. */
export const figuresScript: string = `
const NONE = '–'
const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 })
const tenths = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 })
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' })
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })

const count = (value) => whole.format(value)
const rate = (value) => value === null ? NONE : (value < 100 ? tenths : whole).format(value)
const percent = (share) =>
  share === null ? NONE : share > 0 && share < 0.001 ? '<' + tenths.format(0.1) + ' %' : tenths.format(share * 100) + ' %'
const duration = (ms) =>
  ms === null ? NONE : ms < 10 ? tenths.format(ms) + ' ms' : ms < 1000 ? whole.format(Math.round(ms)) + ' ms' : tenths.format(ms / 1000) + ' s'
const bytes = (value) => {
  const power = Math.min(5, Math.floor(Math.log10(Math.max(1, value)) / 3))
  return tenths.format(value / 1000 ** power) + ' ' + ['B', 'kB', 'MB', 'GB', 'TB', 'PB'][power]
}
const span = (ms) => {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 60) return seconds + ' s'
  if (seconds < 3600) return Math.floor(seconds / 60) + ' min'
  if (seconds < 86400) return Math.floor(seconds / 3600) + ' h ' + Math.floor(seconds % 3600 / 60) + ' min'
  return Math.floor(seconds / 86400) + ' d ' + Math.floor(seconds % 86400 / 3600) + ' h'
}
/** The time alone for what is of today. */
const when = (at, now) => (new Date(at).toDateString() === new Date(now).toDateString() ? clock : moment).format(at)

const $ = (id) => document.getElementById(id)
const say = (node, text) => { if (node && node.textContent !== text) node.textContent = text }
const set = (node, name, value) => { if (node && node.getAttribute(name) !== value) node.setAttribute(name, value) }
const show = (node, shown) => { if (node && node.hidden === shown) node.hidden = !shown }
/** The parts of a piece of the page by their names. */
const partsOf = (root, attribute) => {
  const parts = {}
  for (const node of root.querySelectorAll('[' + attribute + ']')) parts[node.getAttribute(attribute)] = node
  return parts
}
/** A sparkline: requests as a line above, failures as bars from below, in a scale that a table shares. */
const spark = (parts, trend, highest) => {
  const steps = trend.rate.length
  const y = (value) => (19 - 18 * Math.min(1, value / highest)).toFixed(1)
  let line = '', failed = ''
  for (let at = 0; at < steps; at++) {
    const x = 60 - steps + at
    line += (at === 0 ? 'M' : 'L') + x + ' ' + y(trend.rate[at])
    if (trend.failed[at] > 0) failed += 'M' + x + ' 20V' + y(trend.failed[at])
  }
  set(parts.line, 'd', line)
  set(parts.area, 'd', steps === 0 ? '' : line + 'L59 20L' + (60 - steps) + ' 20Z')
  set(parts.failed, 'd', failed)
}
const peak = (trends) => trends.reduce((most, { rate }) => rate.reduce((a, b) => Math.max(a, b), most), 1e-9)
`
