// The demo for a person: what to try, and, live, where requests went.
import { createServer } from 'node:net'
import { setStage } from './stage.js'
import { inWords, tallyOf } from './tally.js'

/** @param {{ port: number }} options */
export async function play({ port }) {
  const stage = await openStage(port)
  const url = `http://127.0.0.1:${stage.port}`
  console.log(`Edgewise on ${url}: three upstreams; "double" has weight 2, "flaky" goes down every few seconds.

Who answers?
  curl ${url}/api/hello
By weight, and none fails while "flaky" is down:
  for i in $(seq 20); do curl -s ${url}/api/hello; done
32 MiB up and down, with SHA-256:
  head -c 32M /dev/zero | curl -s -T - ${url}/api/upload
  curl -s '${url}/api/download?bytes=33554432' | sha256sum
A WebSocket that echoes, for any client:
  ${url.replace('http', 'ws')}/api/echo
The application around the gateway:
  curl ${url}/

Ctrl-C ends it.
`)
  const screen = liveLine(tallyOf(stage.events))
  stage.events.on('endpoint', ({ endpoint, change, why }) => screen.say(`${endpoint} is ${change} (${why})`))
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, async () => {
      screen.stop()
      await stage.close()
      console.log('Closed: nothing was cut off.')
    })
  }
}

/** The stage on the wanted port, or on any free one if that is taken. */
async function openStage(port) {
  const rhythm = { onMs: 6_000, offMs: 4_000 }
  const free = await isFree(port)
  if (!free) console.log(`Port ${port} is taken; using another.`)
  return setStage({ port: free ? port : 0, ...rhythm })
}

function isFree(port) {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}

/** On a terminal one line that is drawn anew; elsewhere a line now and then, when there is something new. */
function liveLine(tally) {
  const { isTTY = false } = process.stdout
  let shown = inWords(tally)
  const draw = () => {
    const text = inWords(tally)
    if (isTTY) process.stdout.write(`\r\x1b[K${text}`)
    else if (text !== shown) console.log(text)
    shown = text
  }
  const timer = setInterval(draw, isTTY ? 250 : 2_000)
  return {
    say(line) {
      if (isTTY) process.stdout.write('\r\x1b[K')
      console.log(line)
      if (isTTY) draw()
    },
    stop() {
      clearInterval(timer)
      draw()
      if (isTTY) process.stdout.write('\n')
    },
  }
}
