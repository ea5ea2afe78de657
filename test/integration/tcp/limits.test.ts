import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { drained } from '../../support/drained.js'
import { eventually } from '../../support/index.js'
import { raw } from '../../support/raw.js'
import { rawOpen } from '../../support/raw-open.js'
import { balancerOver, far } from './front.js'

describe('limits', () => {
  it('maxConnections: the surplus is closed and told, and there is room again when one has left', async () => {
    await using upstream = await far()
    await using front = await balancerOver([upstream.url], { maxConnections: 2 })
    const [first, second] = [await rawOpen(front.port), await rawOpen(front.port)]
    await eventually(() => upstream.sockets.length === 2)
    expect((await raw(front.port, '')).ended).not.toBe('open')
    expect(front.outcomes).toMatchObject([
      { error: { code: 'ERR_EDGE_CONNECTION_LIMIT' }, termination: { who: 'client', phase: 'request' }, attempts: [] },
    ])
    first.end()
    await eventually(() => front.balancer.connections === 1)
    expect((await raw(front.port, 'x', { until: 'x' })).text).toBe('x')
    second.end()
    expect((await front.atRest()).error).toBeNull()
  })

  it('maxConnectionsPerClient: goes by the address that the PROXY header tells', async () => {
    await using upstream = await far()
    await using front = await balancerOver([upstream.url], {
      maxConnectionsPerClient: 1,
      proxyProtocol: { from: ['loopback'] },
    })
    const from = (address: string): string => `PROXY TCP${address.includes(':') ? 6 : 4} ${address} ${address} 1 2\r\nx`
    await using one = await rawOpen(front.port)
    await one.write(from('192.0.2.1'))
    await one.waitFor('x')
    await using six = await rawOpen(front.port)
    await six.write(from('2001:db8::1'))
    await six.waitFor('x')
    for (const again of ['192.0.2.1', '2001:db8::2']) {
      expect((await raw(front.port, from(again))).ended).not.toBe('open')
      expect(front.outcomes.at(-1)?.error?.code).toBe('ERR_EDGE_CONNECTION_LIMIT')
    }
    for (const other of ['192.0.2.2', '2001:db8:0:1::1'])
      expect((await raw(front.port, from(other), { until: 'x' })).text).toBe('x')
    one.end()
    await one.closed
    await eventually(() => front.outcomes.some(({ error }) => error === null))
    expect((await raw(front.port, from('192.0.2.1'), { until: 'x' })).text).toBe('x')
  })

  it.each([
    ['idle from the start', ''],
    ['idle after traffic', 'x'],
  ])('idleTimeoutMs: resets a connection that is %s, on both sides', async (_what, bytes) => {
    await using upstream = await far()
    await using front = await balancerOver([upstream.url], { idleTimeoutMs: 100 })
    await using client = await rawOpen(front.port)
    if (bytes !== '') await client.write(bytes)
    expect(await client.closed).toBe('reset')
    await eventually(() => upstream.sockets[0]!.closed)
    expect(await front.atRest()).toMatchObject({
      error: { code: 'ERR_EDGE_IDLE_TIMEOUT' },
      termination: { who: 'edge', phase: 'data' },
      attempts: [{ countsAgainst: false }],
      bytes: { in: bytes.length, out: bytes.length },
    })
  })

  it('idleTimeoutMs: bytes in one direction keep both open', async () => {
    await using upstream = await far((socket) => void socket.resume())
    await using front = await balancerOver([upstream.url], { idleTimeoutMs: 200 })
    await using client = await rawOpen(front.port)
    const started = performance.now()
    const timer = setInterval(() => void client.write('x'), 40)
    await eventually(() => performance.now() - started > 600, { timeoutMs: 5_000 })
    clearInterval(timer)
    expect(client.ended).toBe('open')
    expect(await client.closed).toBe('reset')
  })

  it('idleTimeoutMs: also ends what is left of a half-closed connection', async () => {
    await using upstream = await far((socket) => void socket.resume())
    await using front = await balancerOver([upstream.url], { idleTimeoutMs: 100 })
    await using client = await rawOpen(front.port, { halfOpen: true })
    client.end()
    expect(await client.closed).toBe('reset')
    await front.atRest()
  })
})

describe('close', () => {
  it('waits for what is under way, takes nothing new, and leaves nothing behind', async () => {
    const gone = drained()
    {
      await using upstream = await far()
      await using front = await balancerOver([upstream.url])
      await using client = await rawOpen(front.port)
      await client.write('x')
      await client.waitFor('x')
      const closed = front.balancer.close({ graceMs: 10_000 })
      await expect(rawOpen(front.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
      await expect(front.balancer.listen({ port: 0 })).rejects.toMatchObject({ code: 'ERR_EDGE_CLOSING' })
      await client.write('still here')
      await client.waitFor('still here')
      client.end()
      await closed
      expect((await front.atRest()).error).toBeNull()
    }
    await gone()
  })

  it.each([
    ['after graceMs', async (_close: () => Promise<void>) => {}],
    ['at once when called again', async (close: () => Promise<void>) => void close()],
  ])('resets what is left %s', async (what, then) => {
    await using upstream = await far()
    await using front = await balancerOver([upstream.url])
    await using client = await rawOpen(front.port)
    await eventually(() => upstream.sockets.length === 1)
    const closed = front.balancer.close({ graceMs: what === 'after graceMs' ? 50 : 60_000 })
    await then(() => front.balancer.close())
    expect(await client.closed).toBe('reset')
    await closed
    expect(await front.atRest()).toMatchObject({
      error: { code: 'ERR_EDGE_CLOSING' },
      termination: { who: 'edge' },
      attempts: [{ countsAgainst: false }],
    })
  })

  it('closes what a server of its own still hands it', async () => {
    await using upstream = await far()
    await using front = await balancerOver([upstream.url])
    const { createServer } = await import('node:net')
    const server = createServer(front.balancer.handle).listen(0, '127.0.0.1')
    await once(server, 'listening')
    await front.balancer.close()
    expect((await raw((server.address() as { port: number }).port, 'x')).ended).not.toBe('open')
    expect(front.outcomes.at(-1)?.error?.code).toBe('ERR_EDGE_CLOSING')
    server.close()
  })

  it('fails to listen where somebody else does', async () => {
    await using upstream = await far()
    await using front = await balancerOver([upstream.url])
    await expect(front.balancer.listen({ port: upstream.port, host: '127.0.0.1' })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    })
  })
})
