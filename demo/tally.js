// Where requests went, counted from the gateway's events.

/** @param {import('edgewise').EventHub} events */
export function tallyOf(events) {
  const tally = { answered: { steady: 0, double: 0, flaky: 0 }, retries: 0, failures: 0, tunnels: 0 }
  events.on('exchange', ({ outcome }) => {
    const last = outcome.attempts.at(-1)
    if (last !== undefined && last.error === null) tally.answered[last.endpoint]++
    else if (outcome.termination.who !== 'client') tally.failures++
  })
  events.on('retry', () => tally.retries++)
  events.on('tunnel', ({ change }) => (tally.tunnels += change === 'opened' ? 1 : -1))
  return tally
}

/** @param {ReturnType<typeof tallyOf>} tally */
export function inWords({ answered, retries, failures, tunnels }) {
  const shares = Object.entries(answered).map(([name, count]) => `${name} ${count}`)
  return [...shares, `retried ${retries}`, `failed ${failures}`, `tunnels ${tunnels}`].join(' · ')
}
