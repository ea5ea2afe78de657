import { request } from 'node:http'
import { describe, expect, it } from 'vitest'
import { ask } from '../integration/client.js'
import { gatewayOver, transports } from '../integration/front.js'
import { startAt } from '../integration/restartable.js'
import { type Child, child, closed, eventually, nextMessage, rawOpen, wsConnect } from '../support/index.js'

/** Begins each reply, with a length or in chunks, and never comes to its end; reads no upload. */
function endless(framing: 'length' | 'chunked'): Promise<Child> {
  const code = `
    import http from 'node:http'
    const head = ${JSON.stringify(framing === 'length' ? { 'content-length': '1000' } : {})}
    const server = http.createServer((req, res) => {
      if (req.method === 'GET') res.writeHead(200, head).write('half')
      process.send('asked')
    })
    server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
  `
  return child({ code })
}

function echoing(): Promise<Child> {
  const code = `
    import { WebSocketServer } from 'ws'
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' }, () => process.send({ port: server.address().port }))
    server.on('connection', (socket) => socket.on('message', (data) => socket.send(String(data))))
  `
  return child({ code })
}

async function kill(victim: Child): Promise<void> {
  victim.process.kill('SIGKILL')
  await victim.exit
}

const urlOf = ({ port }: Child): string => `http://127.0.0.1:${port}`
/** Of passive checks: so that nothing but the fault decides who is asked. */
const unwatched = { health: { passive: false } } as const

// That no request is lost while upstreams come and go: test/integration/zero-loss.test.ts and recovery.test.ts.
describe.each(transports)('an upstream is killed (SIGKILL), over %s', (_name, make) => {
  it.each(['length', 'chunked'] as const)(
    'H-090 behind the head of its reply (%s): what has gone out breaks off, and never looks whole',
    async (framing) => {
      await using far = await endless(framing)
      await using front = await gatewayOver(make(), [urlOf(far)], { pool: unwatched })
      await using client = await rawOpen(front.port)
      await client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      await client.waitFor('half')
      await kill(far)
      await client.closed
      expect(client.text).not.toContain('\r\n0\r\n')
      expect(client.text.endsWith('half') || client.text.endsWith('half\r\n')).toBe(true)
      expect(front.attempts.at(-1)).toMatchObject({ error: { code: 'ERR_EDGE_UPSTREAM_RESET' } })
      await front.atRest()
    },
  )

  it('while it works on requests: a GET is answered by another, a POST with 502 and sent once', async () => {
    await using slow = await startAt(0, 60_000)
    await using well = await startAt()
    await using front = await gatewayOver(make(), [urlOf(slow), urlOf(well)], { pool: unwatched })
    const { name } = front.endpoint(1)
    front.pool.maintenance(name)
    const asked = ['GET', 'POST'].map((method) => ask(front.port, '/', { method }))
    await eventually(() => front.endpoint(0).inFlight === 2)
    front.pool.ready(name)
    await kill(slow)
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 502])
    expect(front.attempts).toHaveLength(3)
    await front.atRest()
  })

  it('in the middle of an upload: 502, and the client is not left waiting', async () => {
    await using far = await endless('length')
    await using front = await gatewayOver(make(), [urlOf(far)], { pool: unwatched })
    const status = new Promise((resolve, reject) => {
      const sending = request({ port: front.port, host: '127.0.0.1', method: 'POST', agent: false })
      sending.on('response', (reply) => resolve(reply.resume().statusCode))
      sending.on('error', reject)
      sending.write(Buffer.alloc(100_000))
    })
    await eventually(() => far.messages.includes('asked'))
    await kill(far)
    expect(await status).toBe(502)
    await front.atRest()
  })

  it('with WebSockets open: their clients are told at once', async () => {
    await using far = await echoing()
    await using front = await gatewayOver(make(), [urlOf(far)], { pool: unwatched })
    const socket = await wsConnect(`ws://127.0.0.1:${front.port}/`)
    socket.on('error', () => {})
    socket.send('hello')
    expect(await nextMessage(socket)).toBe('hello')
    await kill(far)
    expect((await closed(socket)).code).toBe(1006)
    await front.atRest()
  })
})
