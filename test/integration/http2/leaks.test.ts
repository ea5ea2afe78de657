import { expect, it } from 'vitest'
import {
  drained,
  eventually,
  h2Client,
  h2Error,
  h2Handshake,
  h2Request,
  rawH2,
  sink,
  statusOf,
  upstream,
  wsEcho,
} from '../../support/index.js'
import { http2Front } from './front.js'

const HALF = 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf'

/** Opens `count` connections one after the other, and does something on each. */
async function repeat(count: number, run: (at: number) => Promise<void>): Promise<void> {
  for (let at = 0; at < count; at++) await run(at)
}

async function everything(count: number): Promise<void> {
  await using far = await upstream((_request, response) => void response.end('ok'), { record: false })
  await using half = await sink([HALF, 'stall'], { keep: 0 })
  await using echo = await wsEcho()
  await using front = await http2Front(far.url)
  await using broken = await http2Front(half.url)
  await using sockets = await http2Front(echo.url.replace('ws', 'http'))
  await repeat(count, async () => {
    await using client = h2Client(front.port)
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) => client.ask(`/${at}`, { method: 'POST', body: 'x' })),
    )
    expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(['ok']))
  })
  await repeat(count, async (at) => {
    await using client = await rawH2(broken.port)
    for (const id of [1, 3, 5]) client.headers(id, h2Request('/x', [], 'POST'), { end: false })
    client.data(1, 'part', { end: false })
    // In the middle of the reply, of the upload, or of neither; by a reset, or with the whole connection.
    if (at % 3 === 0) await eventually(() => client.seen(1).body === 'half')
    if (at % 2 === 0) for (const id of [1, 3, 5]) client.reset(id)
  })
  await repeat(count, async (at) => {
    await using client = h2Client(sockets.port)
    const stream = await h2Handshake(client.session, '/x')
    expect(await statusOf(stream)).toBe(200)
    if (at % 2 === 0) stream.close(h2Error.cancel)
  })
  for (const each of [front, broken, sockets]) await each.atRest()
  await eventually(() => half.openConnections() === 0 && echo.sockets.size === 0)
}

it('H-116 H-118 requests, resets and tunnels of HTTP/2 leave no socket, timer, listener or lease behind', async () => {
  await everything(2)
  const gone = drained({ timeoutMs: 10_000, emitters: { process } })
  await everything(60)
  await gone()
}, 60_000)
