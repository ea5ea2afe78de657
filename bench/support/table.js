// The report as text.

/**
 * @param {Awaited<ReturnType<typeof import('./measure.js').measure>>} report
 * @param {import('./measure.js').Scenario} scenario
 */
export function renderTable(report, { figure, columns, proxies }) {
  const header = ['proxy', figure.title, 'range', `× ${proxies[0]}`, 'range', ...columns.map(({ title }) => title)]
  const measured = report.rows.filter(({ rounds }) => rounds.length > 0)
  const body = measured.map((row) => [
    row.failed === null ? row.name : `${row.name} (!)`,
    row.figure.median.toFixed(figure.digits),
    range(row.figure, figure.digits),
    row.ratio?.median.toFixed(2) ?? '–',
    row.ratio === null ? '–' : range(row.ratio, 2),
    ...columns.map(({ title, digits }) => number(row.values[title], digits)),
  ])
  const notes = report.rows.flatMap(({ name, skipped, failed }) => [
    ...(skipped === null ? [] : [`${name}: skipped: ${skipped}`]),
    ...(failed === null ? [] : [`${name}: failed: ${failed}`]),
  ])
  return [plainTable(header, body), ...notes].join('\n')
}

/**
 * Lines of cells under their titles, the first column to the left and the others to the right.
 * @param {readonly string[]} header
 * @param {readonly (readonly string[])[]} body
 */
export function plainTable(header, body) {
  const widths = header.map((title, index) => Math.max(title.length, ...body.map((cells) => cells[index].length)))
  const line = (cells) =>
    cells.map((cell, index) => (index === 0 ? cell.padEnd(widths[index]) : cell.padStart(widths[index]))).join('  ')
  return [line(header), line(widths.map((width) => '─'.repeat(width))), ...body.map(line)].join('\n')
}

const range = ({ min, max }, digits) => `${min.toFixed(digits)}–${max.toFixed(digits)}`

const number = (value, digits) => (Number.isFinite(value) ? value.toFixed(digits) : '–')
