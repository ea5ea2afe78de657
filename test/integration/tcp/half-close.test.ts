import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { certificates } from '../../support/certificates.js'
import { rawOpen } from '../../support/raw-open.js'
import { balancerOver, far } from './front.js'

describe('H-081 the end of one direction leaves the other open', () => {
  it('H-081 a client that has said all gets all of the answer', async () => {
    // As NGINX's stream_proxy_half_close.t: the answer begins when the request has ended.
    const answer = 'x'.repeat(1_000_000)
    await using upstream = await far((socket) => {
      let got = ''
      socket.on('data', (chunk) => (got += chunk))
      socket.on('end', () => socket.end(`${got}:${answer}`))
    })
    await using front = await balancerOver([upstream.url])
    await using client = await rawOpen(front.port, { halfOpen: true })
    await client.write('request')
    client.end()
    expect(await client.closed).toBe('closed')
    expect(client.text).toBe(`request:${answer}`)
    expect(await front.atRest()).toMatchObject({
      error: null,
      termination: { who: null, phase: 'done' },
      bytes: { in: 7, out: 1_000_008 },
      attempts: [{ error: null, countsAgainst: false, bytes: { in: 1_000_008, out: 7 } }],
    })
  })

  it('H-081 an upstream that has said all gets all of the request', async () => {
    await using upstream = await far((socket) => socket.end('go'))
    await using front = await balancerOver([upstream.url])
    await using client = await rawOpen(front.port, { halfOpen: true })
    await client.waitFor('go')
    await client.closed
    const request = Buffer.alloc(1_000_000, 'y')
    const got: Buffer[] = []
    upstream.sockets[0]!.on('data', (chunk) => got.push(chunk))
    await client.write(request)
    client.end()
    await once(upstream.sockets[0]!, 'end')
    expect(Buffer.concat(got).equals(request)).toBe(true)
    expect(await front.atRest()).toMatchObject({ error: null, bytes: { in: 1_000_000, out: 2 } })
  })

  it('H-081 also when the client had ended before there was a connection upstream', async () => {
    await using upstream = await far()
    await using front = await balancerOver(
      [`tcp://slow.test:${upstream.port}`],
      {},
      {
        lookup: ((_name: string, _options: object, done: (...result: unknown[]) => void) =>
          setTimeout(done, 50, null, [{ address: '127.0.0.1', family: 4 }])) as never,
      },
    )
    await using client = await rawOpen(front.port, { halfOpen: true })
    await client.write('all')
    client.end()
    expect(await client.closed).toBe('closed')
    expect(client.text).toBe('all')
    expect((await front.atRest()).error).toBeNull()
  })

  it("H-081 also on a server of the user's that was not made for it", async () => {
    await using upstream = await far()
    await using front = await balancerOver([upstream.url])
    const server = createServer()
    server.on('connection', front.balancer.handle)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    await using client = await rawOpen((server.address() as { port: number }).port, { halfOpen: true })
    await client.write('all')
    client.end()
    await client.closed
    server.close()
    expect(client.text).toBe('all')
    expect((await front.atRest()).error).toBeNull()
  })

  it('behind a TLS server, which has ended the TLS', async () => {
    const { ca, key, cert } = certificates()
    await using upstream = await far()
    await using front = await balancerOver([upstream.url])
    const server = createTlsServer({ key, cert }, front.balancer.handle)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const client = connectTls({ port, host: '127.0.0.1', ca, servername: 'localhost', allowHalfOpen: true } as never)
    client.end('secret')
    let got = ''
    client.on('data', (chunk) => (got += chunk))
    await once(client, 'close')
    server.close()
    expect(got).toBe('secret')
    expect(await front.atRest()).toMatchObject({ error: null, bytes: { in: 6, out: 6 } })
  })

  it('over Unix sockets on both sides', async () => {
    const folder = mkdtempSync('/tmp/edgewise-tcp-')
    try {
      const upstream = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket))
      upstream.listen(`${folder}/far`)
      await once(upstream, 'listening')
      await using front = await balancerOver([`unix:${folder}/far`], { sendProxyProtocol: 'v1' })
      await front.balancer.listen({ path: `${folder}/near` })
      const client = connect({ path: `${folder}/near`, allowHalfOpen: true })
      client.end('all')
      let got = ''
      client.on('data', (chunk) => (got += chunk))
      await once(client, 'close')
      upstream.close()
      expect(got).toBe('PROXY UNKNOWN\r\nall')
      expect((await front.atRest()).error).toBeNull()
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
