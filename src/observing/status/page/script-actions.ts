/** Browser script: the dialog by which an operator changes an endpoint. Without the dialog on the page it does nothing. */
export const actionsScript: string = `
const dialog = $('do')
/** The endpoint it is about, and the action that waits for a second press. */
let about = null, asked = null
const drawDialog = () => {
  if (about === null || !dialog.open) return
  const endpoint = known[about.pool]?.get(about.name)
  if (endpoint === undefined) return say($('do-now'), 'It has left the pool.')
  say($('do-now'), WORDS[endpoint.state] + ', ' + count(endpoint.inFlight) + ' in flight, weight ' + count(endpoint.weight))
  for (const button of dialog.querySelectorAll('[data-do]')) button.disabled = button.dataset.do === endpoint.mode
}
const openDialog = (row) => {
  const pool = tables.findIndex(({ node }) => node.contains(row))
  about = { pool, name: row.dataset.row }
  asked = null
  say($('do-name'), report.pools[pool].name + ' › ' + about.name)
  say($('do-said'), '')
  say($('do-warning'), '')
  $('do-weight').value = known[pool].get(about.name).weight
  dialog.showModal()
  drawDialog()
}
/** Whether nothing of its pool would take traffic any more. */
const isLast = (action, weight) =>
  (action === 'drain' || action === 'maintenance' || (action === 'weight' && weight === 0)) &&
  !report.pools[about.pool].endpoints.some((each) => each.name !== about.name && each.available && each.weight > 0)
const act = async (action) => {
  const pool = report.pools[about.pool].name
  const input = $('do-weight')
  if (action === 'weight' && (input.value === '' || !input.checkValidity())) return say($('do-warning'), 'A weight is a whole number from 0 to 65535.')
  const weight = Number(input.value)
  if (isLast(action, weight) && asked !== action) {
    asked = action
    return say($('do-warning'), 'No other endpoint of ' + pool + ' takes traffic: without this one, requests to it fail. Press again to go on.')
  }
  asked = null
  say($('do-warning'), '')
  say($('do-said'), 'Asking …')
  const body = { pool, endpoint: about.name, action, ...(action === 'weight' ? { weight } : {}) }
  try {
    const answer = await fetch(location.pathname, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    const told = await answer.json().catch(() => ({}))
    if (!answer.ok) throw new Error('The gateway refused: ' + answer.status + ' ' + (told.detail ?? answer.statusText))
    say($('do-said'), 'Done: ' + WORDS[told.endpoint.state].toLowerCase() + ', weight ' + count(told.endpoint.weight) + '.')
    say($('do-warning'), told.warning ?? '')
  } catch (error) {
    say($('do-said'), '')
    say($('do-warning'), error instanceof TypeError ? 'The gateway could not be reached.' : error.message)
  }
}
if (dialog) {
  document.addEventListener('click', ({ target }) => {
    const button = target.closest?.('button')
    if (!button) return
    if (button.dataset.act !== undefined && report) openDialog(button.closest('tr'))
    else if (button.dataset.do !== undefined) act(button.dataset.do)
    else if (button.id === 'do-close') dialog.close()
  })
}
const readyActions = () => { for (const button of document.querySelectorAll('[data-act]')) button.hidden = false }
`
