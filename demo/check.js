// The demo proves itself: drives the gateway and says what it saw. Bounded: it gives up after 20 seconds.
import { once } from 'node:events'
import { clientOf } from './client.js'
import { fingerprint, payload } from './payload.js'
import { setStage } from './stage.js'
import { inWords, tallyOf } from './tally.js'

const LIMIT_MS = 20_000
const ROUND = 400
const SIZE = 32 * 1024 * 1024

/** @returns {Promise<number>} the exit code */
export async function check() {
  const deadline = setTimeout(() => {
    console.error(`not done after ${LIMIT_MS / 1000} s`)
    process.exit(1)
  }, LIMIT_MS)
  const stage = await setStage({ port: 0, onMs: 2_000, offMs: 1_000 })
  const client = clientOf(stage.port)
  const tally = tallyOf(stage.events)
  let good = true
  const see = (promise, holds, what) => {
    good &&= holds
    console.log(`${holds ? 'ok  ' : 'FAIL'} ${promise}: ${what}`)
  }
  try {
    const lives = livesOf('flaky', stage.events)
    const load = await client.load(lives.cameBackTwice)
    see(
      'no request fails while an upstream dies and comes back',
      load.failures.length === 0 && tally.failures === 0,
      `${load.requests} requests, ${load.failures.length} failed, ${tally.retries} retried; flaky: ${lives.story()}`,
    )
    await stage.calmDown()
    await lives.isUp()

    const before = { ...tally.answered }
    for (let sent = 0; sent < ROUND; sent++) await client.hello()
    const got = Object.fromEntries(Object.entries(tally.answered).map(([name, count]) => [name, count - before[name]]))
    const off = Math.max(
      ...Object.entries({ steady: 1, double: 2, flaky: 1 }).map(([n, w]) => Math.abs(got[n] - (ROUND * w) / 4)),
    )
    see(
      'traffic is spread by weight 1 : 2 : 1',
      off <= ROUND / 50,
      `steady ${got.steady}, double ${got.double}, flaky ${got.flaky}`,
    )

    const echoed = await client.echo('still here?')
    see('a WebSocket echoes through the gateway', echoed === 'still here?', JSON.stringify(echoed))

    const sent = await fingerprint(payload(SIZE))
    const up = await client.upload(SIZE)
    see(
      'a 32 MB upload arrives intact',
      up.sha256 === sent.sha256 && up.bytes === SIZE,
      `${up.bytes} bytes, SHA-256 ${short(up)}`,
    )
    const down = await client.download(SIZE)
    see(
      'a 32 MB download arrives intact',
      down.sha256 === sent.sha256 && down.bytes === SIZE,
      `${down.bytes} bytes, SHA-256 ${short(down)}`,
    )
  } catch (error) {
    see('the check runs to its end', false, error.stack)
  }
  console.log(inWords(tally))
  client.close()
  await stage.close()
  clearTimeout(deadline)
  return good ? 0 : 1
}

/** What an endpoint goes through, as the gateway sees it. */
function livesOf(name, events) {
  const changes = []
  const news = new EventTarget()
  events.on('endpoint', ({ endpoint, change }) => {
    if (endpoint !== name) return
    changes.push(change)
    news.dispatchEvent(new Event('change'))
  })
  return {
    cameBackTwice: () => changes.filter((change) => change === 'up').length >= 2,
    story: () => changes.join(', '),
    async isUp() {
      while (changes.at(-1) === 'down') await once(news, 'change')
    },
  }
}

function short({ sha256 }) {
  return `${sha256.slice(0, 16)}…`
}
