import { describe, expect, it } from 'vitest'
import { child } from '../../support/child.js'
import { eventually } from '../../support/index.js'
import { rawOpen } from '../../support/raw-open.js'
import { sourceLoader } from '../../support/source-loader.js'
import { balancerOver, far } from './front.js'

/** Sends as many bytes as it is asked for, and tells the hash of what it gets: both ends of a transfer, in a process of their own. */
const ends = `
  import { createHash } from 'node:crypto'
  import net from 'node:net'
  const block = Buffer.alloc(1024 * 1024, 'The quick brown fox. ')
  const both = (socket, mebibytes) => new Promise((resolve, reject) => {
    const [sent, got] = [createHash('sha1'), createHash('sha1')]
    let bytes = 0
    let left = mebibytes
    const send = () => {
      while (left > 0) {
        // Each block differs, so that none can stand for another.
        const next = Buffer.from(block)
        next.writeUInt32BE(left--, 0)
        sent.update(next)
        if (!socket.write(next)) return socket.once('drain', send)
      }
      socket.end()
    }
    socket.on('data', (chunk) => { bytes += chunk.length; got.update(chunk) })
    socket.on('error', reject)
    socket.on('close', () => resolve({ bytes, sent: sent.digest('hex'), got: got.digest('hex') }))
    send()
  })
  let far
  const server = net.createServer({ allowHalfOpen: true }, (socket) => { far = both(socket, 512) })
  server.listen(0, '127.0.0.1', () => process.send(server.address().port))
  process.on('message', async (port) => {
    const near = await both(net.connect({ port, host: '127.0.0.1', allowHalfOpen: true }), 512)
    process.send([near, await far])
    server.close()
    process.disconnect()
  })
`

/** The balancer alone, which tells how its memory was. */
const app = (port: number): string => `
  import { createPool, events } from 'edgewise'
  import { createTcpBalancer } from 'edgewise/tcp'
  import { flat } from ${JSON.stringify(new URL('../../support/flat.ts', import.meta.url).href)}
  const pool = createPool({ name: 'far', endpoints: ['tcp://127.0.0.1:${port}'] })
  const balancer = createTcpBalancer({ pool })
  const server = await balancer.listen({ port: 0, host: '127.0.0.1' })
  process.send(server.address().port)
  const { value, peak } = await flat(() => new Promise((resolve) => events.on('connection', ({ outcome }) => resolve(outcome))))
  process.send({ error: value.error, bytes: value.bytes, peak })
  await balancer.close()
  await pool.close()
  process.disconnect()
`

describe('a transfer', () => {
  it('H-083 of 1 GiB, half of it each way at once, is exact to the byte, with memory flat', async () => {
    await using peers = await child({ code: ends })
    await using balancer = await child(
      { code: app(peers.port) },
      { imports: [sourceLoader], execArgv: ['--expose-gc'] },
    )
    peers.send(balancer.port)
    const [near, upstream] = (await eventually(() => peers.messages[1], { timeoutMs: 45_000 })) as {
      bytes: number
      sent: string
      got: string
    }[]
    const half = 512 * 1024 * 1024
    expect([near!.bytes, upstream!.bytes]).toEqual([half, half])
    expect([near!.got, upstream!.got]).toEqual([upstream!.sent, near!.sent])
    const told = (await eventually(() => balancer.messages[1])) as { peak: { external: number; arrayBuffers: number } }
    expect(told).toMatchObject({ error: null, bytes: { in: half, out: half } })
    expect(told.peak.arrayBuffers).toBeLessThan(32 * 1024 * 1024)
    expect([await balancer.exit, balancer.stderr]).toEqual([{ code: 0, signal: null }, ''])
    expect((await peers.exit).code).toBe(0)
  }, 60_000)

  it.each([
    ['client', 'upstream'],
    ['upstream', 'client'],
  ])(
    'H-083 a slow %s holds the %s up: what waits in between is bounded',
    async (slow) => {
      const sent = { bytes: 0 }
      const flood = (socket: { write(bytes: Buffer): boolean; on(event: string, run: () => void): unknown }): void => {
        const more = (): void => {
          let room = true
          while (room && sent.bytes < 256 * 1024 * 1024) {
            sent.bytes += 65_536
            room = socket.write(Buffer.alloc(65_536))
          }
        }
        socket.on('drain', more)
        more()
      }
      await using upstream = await far((socket) => (slow === 'client' ? flood(socket) : socket.pause()))
      await using front = await balancerOver([upstream.url])
      await using client = await rawOpen(front.port, { keep: 0 })
      if (slow === 'client') client.pause()
      else flood(client.socket)
      // Until nothing moves any more.
      let before = -1
      const stands = (): boolean => {
        const same = before === sent.bytes
        before = sent.bytes
        return same && before > 0
      }
      await eventually(stands, { intervalMs: 200, timeoutMs: 10_000 })
      expect(sent.bytes).toBeLessThan(64 * 1024 * 1024)
      // And it goes on when the slow one does.
      if (slow === 'client') client.resume()
      else upstream.sockets[0]!.resume()
      await eventually(() => sent.bytes >= 256 * 1024 * 1024, { timeoutMs: 10_000 })
    },
    30_000,
  )
})
