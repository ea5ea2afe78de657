// Draws what `npm run bench -- --json FILE` wrote: `node bench/chart.js FILE… > docs/images/performance.svg`. For each scenario one group of bars:
// what a request, or a byte, costs through each proxy, as a multiple of what it costs through the scenario's first one.

import { readFileSync } from 'node:fs'

/** Who is drawn, by the file in bench/proxies. */
const SERIES = [
  { match: /^edgewise-(?:node|tls)$/, name: 'Edgewise', color: 'var(--own)' },
  { match: /^fastify-http-proxy$/, name: '@fastify/http-proxy', color: 'var(--a)' },
  { match: /^http-proxy-middleware(?:-tls)?$/, name: 'http-proxy-middleware', color: 'var(--b)' },
  { match: /^nginx(?:-tls)?$/, name: 'nginx', color: 'var(--c)' },
  { match: /^haproxy$/, name: 'HAProxy', color: 'var(--d)' },
]
const [LEFT, WIDTH, BAR, GAP, MOST] = [150, 620, 13, 16, 3.2]

const files = process.argv.slice(2)
if (files.length === 0) {
  console.error('node bench/chart.js FILE… > chart.svg')
  process.exit(2)
}
const groups = files
  .flatMap((file) => JSON.parse(readFileSync(file, 'utf8')).reports)
  .map(({ scenario, rows }) => ({ scenario, bars: SERIES.flatMap(barOf(scenario, rows)) }))
  .filter(({ bars }) => bars.length > 1)
console.log(draw(groups))

/** Streaming scenarios tell bytes per CPU second: the more the better, so that the cost is the inverse. */
function barOf(scenario, rows) {
  const isRate = scenario === 'download' || scenario === 'upload'
  return ({ match, name, color }) => {
    const ratio = rows.find((row) => match.test(row.name))?.ratio ?? null
    if (ratio === null) return []
    return [{ name, color, value: isRate ? 1 / ratio.median : ratio.median }]
  }
}

function draw(groups) {
  const scale = (value) => (Math.min(value, MOST) / MOST) * (WIDTH - LEFT - 60)
  const parts = []
  let y = 62
  for (const { scenario, bars } of groups) {
    parts.push(`<text class="name" x="${LEFT - 10}" y="${y + (bars.length * BAR) / 2 + 4}">${scenario}</text>`)
    for (const { color, value, name } of bars) {
      const width = scale(value).toFixed(1)
      parts.push(
        `<rect x="${LEFT}" y="${y}" width="${width}" height="${BAR - 2}" fill="${color}"><title>${name}: ${value.toFixed(2)}</title></rect>`,
        `<text class="value" x="${LEFT + Number(width) + 5}" y="${y + BAR - 3}">${value.toFixed(2)}</text>`,
      )
      y += BAR
    }
    y += GAP
  }
  const relay = LEFT + scale(1)
  let x = 16
  const legend = SERIES.map(({ name, color }) => {
    const entry = `<rect x="${x}" y="30" width="10" height="10" fill="${color}"/><text x="${x + 14}" y="39">${name}</text>`
    x += 36 + name.length * 6.2
    return entry
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH + 20} ${y}" font-family="system-ui, sans-serif" font-size="11" role="img" aria-label="CPU time per request, as a multiple of the bare relay's">
<style>
svg { --own: #0b7a5c; --a: #6a7fb5; --b: #9a6fb0; --c: #a0a7ae; --d: #c6cbd0; --ink: #1c2328; --line: #b33; --paper: #fff; background: var(--paper) }
@media (prefers-color-scheme: dark) { svg { --own: #35c79b; --a: #8ea4e0; --b: #c295da; --c: #7b848c; --d: #565e66; --ink: #e4e9ed; --line: #f77; --paper: #14191d } }
text { fill: var(--ink) } .name { text-anchor: end; font-weight: 600 }
.value { font-size: 10px; paint-order: stroke; stroke: var(--paper); stroke-width: 3px }
</style>
<text x="16" y="16" font-weight="600">CPU time per request (10 MB: per byte), × the bare relay; less is better</text>
${legend.join('\n')}
<line x1="${relay}" x2="${relay}" y1="54" y2="${y - GAP / 2}" stroke="var(--line)" stroke-dasharray="3 3"/>
${parts.join('\n')}
</svg>`
}
