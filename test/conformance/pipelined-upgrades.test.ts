import { attachUpgrade, forward } from 'edgewise'
import { toNode } from 'edgewise/node'
import { describe, expect, it } from 'vitest'
import { afterReplies, parseReplies, raw, rawOpen, type Sink, sink } from '../support/index.js'
import { allRequests, type Edge, edgeTo, head, listen, statuses, transports } from './edge.js'

const WEBSOCKET = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
]
const NOT_GRANTED = ['Connection: Upgrade', 'Upgrade: h2c']

describe.each(transports)('what is pipelined around an upgrade, over $name', ({ make }) => {
  /** A server that upgrades come to, too. */
  async function attached(upstream: Sink): Promise<Pick<Edge, 'port'> & AsyncDisposable> {
    const listener = toNode(forward(upstream.url, { transport: make() }))
    const edge = await listen(listener, () => listener.close({ graceMs: 1 }))
    attachUpgrade(edge.server, listener)
    return edge
  }

  it.each([
    ['a WebSocket', 'GET /ws HTTP/1.1', WEBSOCKET, 426],
    ['a WebSocket of a bad target', 'GET /../ws HTTP/1.1', WEBSOCKET, 400],
    ['a CONNECT', 'CONNECT a:443 HTTP/1.1', [], 405],
  ])('H-027 %s behind two requests under way is answered in its turn', async (_, line, fields, status) => {
    let go = (): void => {}
    const held = new Promise<void>((resolve) => {
      go = resolve
    })
    await using upstream = await sink((_connection, _nth, request) =>
      request.target === '/ws'
        ? ['HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n']
        : ['waitBody', () => held, `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n${request.target}`],
    )
    await using edge = await attached(upstream)
    await using client = await rawOpen(edge.port)
    const pipelined = head('GET /1 HTTP/1.1', 'Host: a') + head('GET /2 HTTP/1.1', 'Host: a')
    await client.write(pipelined + head(line, 'Host: a', ...fields))
    await upstream.waitForRequests(1)
    // Whatever would have been written at once has been by then.
    await raw(edge.port, head('OPTIONS * HTTP/1.1', 'Host: a'), { until: afterReplies(1) })
    expect(client.text).toBe('')
    go()
    await client.closed
    const replies = parseReplies(client.bytes, { closed: true })
    expect(replies.map((reply) => reply.status)).toEqual([200, 200, status])
    expect(replies.slice(0, 2).map((reply) => reply.body.toString())).toEqual(['/1', '/2'])
  })

  it.each([
    ['a WebSocket', 'GET /ws HTTP/1.1', WEBSOCKET],
    ['a CONNECT', 'CONNECT a:443 HTTP/1.1', []],
  ])('H-027 %s behind a request that is refused gets nothing, and goes nowhere', async (_, line, fields) => {
    await using upstream = await sink()
    await using edge = await attached(upstream)
    const refused = `${head('POST /../x HTTP/1.1', 'Host: a', 'Content-Length: 5')}hello`
    const result = await raw(edge.port, refused + head(line, 'Host: a', ...fields), { hold: 3_000 })
    expect(statuses(result)).toEqual([400])
    expect(result.ended).not.toBe('open')
    expect(upstream.connections).toHaveLength(0)
  })

  it.each([
    ['where nobody upgrades', (upstream: Sink) => edgeTo(upstream, make)],
    ['where WebSockets are upgraded', attached],
  ])('H-054 a body behind an upgrade that is not granted is never taken for a request, %s', async (_, open) => {
    await using upstream = await sink()
    await using edge = await open(upstream)
    const smuggled = head('GET /secret HTTP/1.1', 'Host: a')
    const result = await raw(
      edge.port,
      [
        // Node drops the second head: it was read together with the first.
        head('GET /1 HTTP/1.1', 'Host: a', ...NOT_GRANTED) +
          head('POST /2 HTTP/1.1', 'Host: a', `Content-Length: ${smuggled.length}`),
        () => upstream.waitForRequests(1),
        smuggled,
      ],
      { hold: 1_000 },
    )
    expect(statuses(result)).toEqual([200])
    expect(result.ended).not.toBe('open')
    expect(allRequests(upstream).map(({ target }) => target)).toEqual(['/1'])
  })

  it('H-054 nor while the first request is still under way', async () => {
    let go = (): void => {}
    const held = new Promise<void>((resolve) => {
      go = resolve
    })
    await using upstream = await sink(['waitBody', () => held, 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'])
    await using edge = await edgeTo(upstream, make)
    const smuggled = head('GET /secret HTTP/1.1', 'Host: a')
    await using client = await rawOpen(edge.port)
    await client.write(
      head('GET /1 HTTP/1.1', 'Host: a', ...NOT_GRANTED) +
        head('POST /2 HTTP/1.1', 'Host: a', `Content-Length: ${smuggled.length}`),
    )
    await upstream.waitForRequests(1)
    await client.write(smuggled)
    await raw(edge.port, head('OPTIONS * HTTP/1.1', 'Host: a'), { until: afterReplies(1) })
    go()
    await client.closed
    expect(parseReplies(client.bytes, { closed: true }).map(({ status }) => status)).toEqual([200])
    expect(allRequests(upstream).map(({ target }) => target)).toEqual(['/1'])
  })
})
