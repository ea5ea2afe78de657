/** Browser script: where reports come from, and the page's switches. */
export const streamScript: string = `
let stream = null, again = null, paused = false
const LIVE = { on: 'Live', waiting: 'Reconnecting', paused: 'Paused', refused: 'Not live: refused, trying again' }
const tell = (state) => {
  set(document.querySelector('.live'), 'data-live', state)
  say($('live'), LIVE[state])
}
const connect = () => {
  clearTimeout(again)
  stream?.close()
  stream = new EventSource(location.pathname + '?format=events')
  stream.addEventListener('status', ({ data }) => { tell('on'); takeWhole(JSON.parse(data)) })
  stream.addEventListener('change', ({ data }) => { tell('on'); takePart(JSON.parse(data)) })
  stream.addEventListener('error', () => {
    if (stream.readyState !== EventSource.CLOSED) return tell('waiting')
    // As many watch as may, or we may no longer: a browser does not try again by itself.
    tell('refused')
    again = setTimeout(connect, 10000)
  })
}
const rest = () => {
  clearTimeout(again)
  stream?.close()
  stream = null
}
const look = () => {
  if (paused) { rest(); tell('paused') }
  else if (document.hidden) rest()
  else if (stream === null) { tell('waiting'); connect() }
}

const THEMES = { system: '', light: 'light', dark: 'dark' }
const store = (name) => { try { if (name === undefined) return localStorage.getItem('edgewise-theme'); localStorage.setItem('edgewise-theme', name) } catch { return null } }
const paint = (name) => {
  document.documentElement.dataset.theme = THEMES[name]
  say($('theme'), 'Theme: ' + name)
}
const stored = store()
let theme = Object.hasOwn(THEMES, stored ?? '') ? stored : 'system'
paint(theme)
$('theme').addEventListener('click', () => {
  const names = Object.keys(THEMES)
  theme = names[(names.indexOf(theme) + 1) % names.length]
  store(theme)
  paint(theme)
})
$('pause').addEventListener('click', () => {
  paused = !paused
  $('pause').setAttribute('aria-pressed', String(paused))
  look()
})
const readFilter = (want) => {
  $('filter').hidden = false
  if (want) { $('find').value = want.text; $('state').value = want.state }
  $('filter').addEventListener('input', () => filterAll(true))
  $('filter').addEventListener('submit', (event) => event.preventDefault())
}
document.addEventListener('visibilitychange', look)
// A page that is left by "back" may be kept as it is: a stream would be kept with it.
addEventListener('pagehide', rest)
addEventListener('pageshow', look)
$('tools').hidden = false
readPage()
readFilter()
look()
`
