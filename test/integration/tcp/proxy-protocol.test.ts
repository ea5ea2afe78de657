import type { Exchange, Outcome } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../support/index.js'
import { installed } from '../../support/program.js'
import { raw } from '../../support/raw.js'
import { rawOpen } from '../../support/raw-open.js'
import { V2_SIGNATURE, v2 } from '../../unit/tcp/proxy-headers.js'
import { balancerOver, far } from './front.js'
import { haproxy } from './haproxy.js'

const HEADER = 'PROXY TCP4 192.0.2.1 192.0.2.2 5000 443\r\n'
const trusting = { proxyProtocol: { from: ['127.0.0.0/8'] }, prereadTimeoutMs: 200 }
const strict = { proxyProtocol: { from: ['10.0.0.0/8'] } }
const lenient = { proxyProtocol: { from: ['10.0.0.0/8'], required: false } }
const TCP4 = [192, 0, 2, 1, 192, 0, 2, 2, 0x13, 0x88, 0x01, 0xbb]

describe('H-084 a PROXY header', () => {
  it.each([
    ['v1', HEADER, { address: '192.0.2.1', port: 443 }],
    ['v2', v2(0x21, 0x11, TCP4), { address: '192.0.2.1', port: 443 }],
    ['v2 LOCAL', v2(0x20, 0, []), { address: '127.0.0.1' }],
    ['v1 UNKNOWN', 'PROXY UNKNOWN\r\n', { address: '127.0.0.1' }],
  ])(
    'H-084 %s of a trusted peer tells who the client is, in one piece with the rest and byte by byte',
    async (_what, header, client) => {
      await using upstream = await far()
      await using front = await balancerOver([upstream.url], trusting)
      const seen: Exchange[] = []
      front.events.on('connection', ({ exchange }) => seen.push(exchange))
      const bytes = Buffer.concat([Buffer.from(header as string, 'latin1'), Buffer.from('hello')])
      expect((await raw(front.port, [bytes, 'end'])).text).toBe('hello')
      const single = [...bytes].flatMap((byte) => [
        Buffer.of(byte),
        () => new Promise((resolve) => setImmediate(resolve)),
      ])
      expect((await raw(front.port, [...single, 'end'])).text).toBe('hello')
      await eventually(() => seen.length === 2)
      for (const exchange of seen)
        expect(exchange.client).toMatchObject({ peer: '127.0.0.1', trusted: true, ...client })
      expect(front.outcomes).toMatchObject([
        { error: null, bytes: { in: 5, out: 5 } },
        { error: null, bytes: { in: 5, out: 5 } },
      ])
    },
  )

  it.each([
    ['v1 of an untrusted peer', strict, HEADER, 'ERR_EDGE_PROXY_HEADER'],
    ['v2 of an untrusted peer', strict, v2(0x21, 0x11, TCP4), 'ERR_EDGE_PROXY_HEADER'],
    ['no header of an untrusted peer', strict, 'hello', 'ERR_EDGE_PROXY_HEADER'],
    ['no header of a trusted peer', trusting, 'hello', 'ERR_EDGE_PROXY_HEADER'],
    ['v1 of 108 bytes', trusting, `PROXY UNKNOWN ${'f'.repeat(92)}\r\n`, 'ERR_EDGE_PROXY_HEADER'],
    ['v1 that never ends', trusting, `PROXY TCP4 ${'1'.repeat(5_000)}`, 'ERR_EDGE_PROXY_HEADER'],
    ['v2 of the wrong length', trusting, v2(0x21, 0x11, TCP4.slice(2)), 'ERR_EDGE_PROXY_HEADER'],
    [
      'v2 longer than what comes',
      trusting,
      [Buffer.from([...V2_SIGNATURE, 0x21, 0x11, 1, 0]), 'end'],
      'ERR_EDGE_PROXY_HEADER',
    ],
    ['part of one, and silence', trusting, 'PROXY TCP4 ', 'ERR_EDGE_REQUEST_TIMEOUT'],
    ['silence', trusting, '', 'ERR_EDGE_REQUEST_TIMEOUT'],
  ])('H-084 %s: closed, and nothing reaches an endpoint', async (_what, options, bytes, code) => {
    await using upstream = await far()
    await using front = await balancerOver([upstream.url], options)
    expect(await raw(front.port, bytes)).toMatchObject({ text: '', ended: expect.stringMatching(/closed|reset/) })
    await front.atRest()
    expect(front.outcomes).toMatchObject([
      { error: { code }, termination: { who: 'client', phase: 'request' }, attempts: [] },
    ])
    expect(upstream.sockets.length).toBe(0)
  })

  it('H-084 is not looked for where a peer need not send one: its bytes are its own', async () => {
    await using upstream = await far()
    await using front = await balancerOver([upstream.url], { ...lenient, sendProxyProtocol: 'v1' })
    await using client = await rawOpen(front.port)
    await client.write(HEADER)
    const text = await client.waitFor(HEADER)
    // The endpoint is told the truth first.
    expect(text).toBe(`PROXY TCP4 127.0.0.1 127.0.0.1 ${client.socket.localPort} ${front.port}\r\n${HEADER}`)
  })

  it.each(['v1', 'v2'] as const)('is sent on as %s, with what came in one', async (version) => {
    await using upstream = await far()
    await using front = await balancerOver([upstream.url], { ...trusting, sendProxyProtocol: version })
    const { bytes } = await raw(front.port, [`${HEADER}hello`, 'end'])
    const header = version === 'v1' ? Buffer.from(HEADER) : v2(0x21, 0x11, TCP4)
    expect(bytes).toEqual(Buffer.concat([header, Buffer.from('hello')]))
    expect((await front.atRest()).attempts[0]!.bytes).toEqual({ in: bytes.length, out: 5 })
  })
})

describe.skipIf(!installed('haproxy'))('next to a real haproxy (Debian)', () => {
  it.each(['send-proxy', 'send-proxy-v2', 'send-proxy-v2 proxy-v2-options crc32c,unique-id'])(
    'H-084 understands what it says with %s',
    async (option) => {
      await using upstream = await far()
      await using front = await balancerOver([upstream.url], trusting)
      const seen: { exchange: Exchange; outcome: Outcome }[] = []
      front.events.on('connection', (event) => seen.push(event))
      await using proxy = await haproxy('', front.port, option)
      expect((await raw(proxy.port, ['hello', 'end'])).text).toBe('hello')
      // The first ones may have been those that asked whether haproxy is there.
      const { exchange, outcome } = await eventually(() => seen.find((each) => each.outcome.bytes.in === 5))
      expect(exchange.client).toMatchObject({ address: '127.0.0.1', port: proxy.port, trusted: true })
      expect(outcome.error).toBeNull()
    },
  )

  it.each(['v1', 'v2'] as const)('H-084 is understood by accept-proxy when it sends %s', async (version) => {
    await using upstream = await far()
    // What haproxy took from our header it writes into its own.
    await using proxy = await haproxy('accept-proxy', upstream.port, 'send-proxy')
    await using front = await balancerOver([`tcp://127.0.0.1:${proxy.port}`], {
      proxyProtocol: trusting.proxyProtocol,
      sendProxyProtocol: version,
    })
    for (const header of [HEADER, 'PROXY TCP6 2001:db8::1 2001:db8::2 5000 443\r\n'])
      expect((await raw(front.port, [`${header}hello`, 'end'])).text).toBe(`${header}hello`)
  })
})
