/** Browser script: the latest changes, and what of them is read out. */
export const changesScript: string = `
let listed = null
/** Where a change stands by now; behind all of them, if it is none any more. */
const placeOf = (known, changes) => {
  const place = changes.findIndex(({ at, subject, change }) => at === known?.at && subject === known.subject && change === known.change)
  return place === -1 ? changes.length : place
}
const cell = (text) => {
  const node = document.createElement('td')
  node.textContent = text
  return node
}
const drawChanges = (now) => {
  const { changes } = report
  if (listed === changes) return
  const fresh = listed === null ? [] : changes.slice(0, placeOf(listed[0], changes))
  listed = changes
  show($('unchanged'), changes.length === 0)
  show($('changed'), changes.length > 0)
  $('changes').replaceChildren(...changes.map(({ at, subject, pool, change, why }) => {
    const row = document.createElement('tr')
    const time = document.createElement('time')
    time.dateTime = new Date(at).toISOString()
    time.textContent = when(at, now)
    time.title = moment.format(at)
    const first = cell('')
    first.append(time)
    const what = cell('')
    if (pool !== null) {
      const inPool = document.createElement('span')
      inPool.className = 'in'
      inPool.textContent = pool
      what.append(inPool, ' ')
    }
    what.append(subject)
    row.append(first, what, cell(change), cell(why))
    return row
  }))
  announce(fresh)
}
/** A screen reader is told of at most one thing in ten seconds: what is new by then is summed up. */
let unsaid = [], quiet = null
const announce = (fresh) => {
  unsaid.push(...fresh)
  if (quiet !== null || unsaid.length === 0) return
  const [{ subject, pool, change }] = unsaid
  const more = unsaid.length > 1 ? ', and ' + (unsaid.length - 1) + ' more changes' : ''
  say($('news'), (pool === null ? '' : pool + ': ') + subject + ' ' + change + more)
  unsaid = []
  quiet = setTimeout(() => { quiet = null; announce([]) }, 10000)
}
`
