import { describe, expect, it } from 'vitest'
import { ask, pairOver, transports } from '../conformance/forwarded-front.js'
import {
  eventually,
  oneMessage,
  parseReplies,
  raw,
  rawOpen,
  type SinkStep,
  sink,
  wsConnect,
  wsEcho,
} from '../support/index.js'
import { handshake, KEY, steady, switchAndHold, switching, wsFront } from './ws-front.js'

const SMUGGLED = 'GET /admin HTTP/1.1\r\nHost: internal\r\n\r\n'

/** Sends bytes through a front of its own and waits until both connections have ended. */
async function through(bytes: string, script: readonly SinkStep[]) {
  await using far = await sink(script)
  await using front = await wsFront(far.url)
  const { text, ended } = await raw(front.port, bytes, { hold: Infinity })
  await eventually(() => far.openConnections() === 0)
  await eventually(() => front.pool.endpoints[0]!.inFlight === 0)
  return { text, ended, far }
}

describe('an upstream that does not switch', () => {
  it.each([
    ['200', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['426', 'HTTP/1.1 426 Upgrade Required\r\nUpgrade: foo\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\nok'],
    ['401', 'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'],
    ['404', 'HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok'],
  ])(
    'H-072 answers %s: what stood behind the handshake never leaves, and both connections close',
    async (status, answer) => {
      const { text, ended, far } = await through(handshake() + SMUGGLED, ['waitBody', answer])
      const replies = parseReplies(text, { closed: true })
      expect(replies.map((reply) => [reply.status, reply.complete, reply.body.toString()])).toEqual([
        [Number(status), true, 'ok'],
      ])
      expect(ended).toBe('closed')
      expect(far.connections).toHaveLength(1)
      expect(oneMessage(far.connections[0]!.received).target).toBe('/')
    },
  )

  it('H-072 early bytes wait for the 101, and then go first', async () => {
    let before = -1
    await using far = await sink([
      60,
      (connection) => {
        before = connection.received.indexOf('\r\n\r\n') + 4 - connection.received.length
      },
      switching(),
      'stall',
    ])
    await using front = await wsFront(far.url)
    await using client = await rawOpen(front.port)
    await client.write(`${handshake()}early `)
    await client.write('bytes')
    await client.waitFor(' 101 ')
    await client.write(', late bytes')
    await eventually(() => far.connections[0]!.text.endsWith('early bytes, late bytes'))
    expect(before).toBe(0)
  })

  it.each([
    ['with a body', ['waitBody', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'], 'hello', true],
    [
      'in chunks',
      ['waitBody', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'],
      'hello',
      true,
    ],
    [
      'in chunks, cut',
      ['waitBody', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n', 'end'],
      'hello',
      false,
    ],
    ['with a length, cut', ['waitBody', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello', 'end'], 'hello', false],
    ['until it closes', ['waitBody', 'HTTP/1.1 200 OK\r\n\r\nhello', 'end'], 'hello', true],
    ['without a body', ['waitBody', 'HTTP/1.1 204 No Content\r\n\r\n'], '', true],
  ] as const)(
    'H-074 an ordinary reply %s is relayed as one, and both connections close',
    async (_how, script, body, complete) => {
      const { text } = await through(handshake(), script)
      const [reply, ...more] = parseReplies(text, { closed: true })
      expect([reply!.body.toString(), reply!.complete, more.length]).toEqual([body, complete, 0])
      expect(reply!.header('connection')).toBe('close')
      expect(text.endsWith('0\r\n\r\n')).toBe(complete && reply!.framing.kind === 'chunked')
    },
  )

  it('H-074 fields of an ordinary reply cannot inject, and Upgrade is not echoed', async () => {
    const fields =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nX-Odd: a\xe9\tb\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n'
    const { text } = await through(handshake(), ['waitBody', `HTTP/1.1 403 No\r\n${fields}Content-Length: 0\r\n\r\n`])
    const [reply] = parseReplies(text, { closed: true })
    expect(reply!.status).toBe(403)
    expect([reply!.header('connection'), reply!.header('upgrade')]).toEqual(['close', undefined])
    expect(reply!.headers.filter(([name]) => name.toLowerCase() === 'set-cookie')).toHaveLength(2)
    expect(reply!.header('x-odd')).toBe('a\xe9\tb')
  })

  it('H-074 a hundred handshakes that are answered with 503 leave no connection open', async () => {
    await using far = await sink(['waitBody', 'HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n'])
    await using front = await wsFront(far.url)
    const statuses: number[] = []
    for (let round = 0; round < 10; round++) {
      const texts = await Promise.all(
        Array.from({ length: 10 }, () => raw(front.port, handshake(), { hold: Infinity })),
      )
      statuses.push(...texts.map(({ text }) => parseReplies(text, { closed: true })[0]!.status))
    }
    expect(statuses).toEqual(Array(100).fill(503))
    await eventually(() => far.openConnections() === 0 && front.pool.endpoints[0]!.inFlight === 0)
  })

  it('H-074 a large ordinary reply waits for a client that does not read', async () => {
    const part = Buffer.alloc(1 << 20)
    let sent = 0
    await using far = await sink([
      'waitBody',
      `HTTP/1.1 200 OK\r\nContent-Length: ${64 * part.length}\r\n\r\n`,
      async (connection) => {
        for (; sent < 64; sent++) await Promise.race([connection.write(part), connection.gone])
      },
    ])
    await using front = await wsFront(far.url)
    await using client = await rawOpen(front.port, { keep: 4096 })
    client.pause()
    await client.write(handshake())
    expect(await steady(() => sent)).toBeLessThan(32)
    client.resume()
    await client.closed
    expect(client.received).toBeGreaterThan(64 * part.length)
  })
})

describe('a 101 that proves nothing', () => {
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade']
  const sound = switching()
    .split('\r\n')
    .find((line) => line.startsWith('Sec-WebSocket-Accept'))!
  it.each([
    ['no Sec-WebSocket-Accept', [...lines, 'Upgrade: websocket']],
    [
      'a wrong Sec-WebSocket-Accept',
      [...lines, 'Upgrade: websocket', 'Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA='],
    ],
    [
      'another key’s Sec-WebSocket-Accept',
      [...lines, 'Upgrade: websocket', switching('AAAAAAAAAAAAAAAAAAAAAA==').split('\r\n')[3]!],
    ],
    ['two Sec-WebSocket-Accept', [...lines, 'Upgrade: websocket', sound, sound]],
    ['Upgrade: foo', [...lines, 'Upgrade: foo', sound]],
    ['Upgrade: websocket, foo', [...lines, 'Upgrade: websocket, foo', sound]],
    ['no Upgrade', [...lines, sound]],
    ['no Connection', [lines[0]!, 'Upgrade: websocket', sound]],
  ])('H-073 (%s) is a 502, and no tunnel opens', async (_what, head) => {
    const { text, far } = await through(`${handshake()}frames`, [
      'waitBody',
      `${head.join('\r\n')}\r\n\r\nHTTP/1.1 200 OK\r\n\r\n`,
      'stall',
    ])
    const replies = parseReplies(text, { closed: true })
    expect(replies.map(({ status, complete }) => [status, complete])).toEqual([[502, true]])
    expect(oneMessage(far.connections[0]!.received).target).toBe('/')
  })
})

describe('a handshake that is none', () => {
  const sound = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${KEY}`]
  it.each([
    [
      'Sec-WebSocket-Version: 777',
      426,
      handshake({ fields: [...sound.slice(0, 2), 'Sec-WebSocket-Version: 777', sound[3]!] }),
    ],
    ['no version', 426, handshake({ fields: [...sound.slice(0, 2), sound[3]!] })],
    ['two versions', 400, handshake({ more: ['Sec-WebSocket-Version: 13'] })],
    ['no key', 400, handshake({ fields: sound.slice(0, 3) })],
    ['a short key', 400, handshake({ fields: [...sound.slice(0, 3), 'Sec-WebSocket-Key: YQ=='] })],
    [
      'a key that is no base64',
      400,
      handshake({ fields: [...sound.slice(0, 3), 'Sec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!=='] }),
    ],
    ['two keys', 400, handshake({ more: [`Sec-WebSocket-Key: ${KEY}`] })],
    ['POST', 400, handshake({ start: 'POST /' })],
    ['a body with a length', 400, `${handshake({ more: ['Content-Length: 5'] })}hello`],
    ['a chunked body', 400, `${handshake({ more: ['Transfer-Encoding: chunked'] })}5\r\nhello\r\n0\r\n\r\n`],
  ])('H-073 (%s) is a %i and reaches no upstream, nor does what follows it', async (_what, status, bytes) => {
    await using far = await sink(switchAndHold)
    await using front = await wsFront(far.url)
    const { text, ended } = await raw(front.port, bytes + SMUGGLED, { hold: Infinity })
    const replies = parseReplies(text, { closed: true })
    expect(replies.map((reply) => [reply.status, reply.header('connection'), ended])).toEqual([
      [status, 'close', 'closed'],
    ])
    if (status === 426) expect(replies[0]!.header('sec-websocket-version')).toBe('13')
    expect(far.connections).toHaveLength(0)
  })
})

describe.each(transports)('a plain request over %s', (_, transport) => {
  it.each([
    ['a sound 101', switching()],
    ['a 101 to something else', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n'],
    ['a bare 101', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ])(
    'H-068 that is answered with %s becomes a 502, and the upstream connection is destroyed',
    async (_what, answer) => {
      await using pair = await pairOver(transport(), {}, ['waitBody', answer, 'stall'])
      const reply = await ask(pair.front.port)
      expect([reply.status, reply.complete]).toEqual([502, true])
      await eventually(() => pair.far.openConnections() === 0)
      expect(pair.front.pool.endpoints[0]!.inFlight).toBe(0)
    },
  )
})

describe('what a handshake carries', () => {
  it('H-078 Origin, subprotocols and extensions pass unchanged, both ways', async () => {
    const more = [
      'Origin: https://app.test',
      'Sec-WebSocket-Protocol: chat, super-chat',
      'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
    ]
    const answer = [
      'Sec-WebSocket-Protocol: super-chat',
      'Sec-WebSocket-Extensions: permessage-deflate',
      'Set-Cookie: a=1',
      'Set-Cookie: b=2',
    ]
    await using far = await sink([switching(KEY, answer), 'stall'])
    await using front = await wsFront(far.url)
    await using client = await rawOpen(front.port)
    await client.write(handshake({ more }))
    const text = await client.waitFor('\r\n\r\n')
    const got = oneMessage(far.connections[0]!.received)
    expect(more.map((line) => line.split(': ')[0]!).map((name) => `${name}: ${got.header(name)}`)).toEqual(more)
    expect([got.header('upgrade'), got.header('connection')]).toEqual(['websocket', 'Upgrade'])
    for (const line of answer) expect(text.toLowerCase()).toContain(`${line.toLowerCase()}\r\n`)
  })

  it('H-078 a subprotocol and compression are negotiated end to end', async () => {
    await using far = await wsEcho({ server: { perMessageDeflate: { threshold: 0 }, handleProtocols: () => 'v2' } })
    await using front = await wsFront(far.url)
    const socket = await wsConnect(front.url, { protocols: ['v1', 'v2'], perMessageDeflate: { threshold: 0 } })
    expect([socket.protocol, socket.extensions]).toEqual(['v2', 'permessage-deflate'])
    socket.terminate()
  })

  it('H-078 a route may name the origins it admits', async () => {
    await using far = await sink(switchAndHold)
    await using front = await wsFront(far.url, { route: { headers: { origin: 'https://app.test' } } })
    for (const origin of ['https://evil.test', 'https://app.test.evil.test', 'null'])
      expect((await raw(front.port, handshake({ more: [`Origin: ${origin}`] }), { hold: Infinity })).text).toMatch(
        / 404 /,
      )
    expect((await raw(front.port, handshake(), { hold: Infinity })).text).toMatch(/ 404 /)
    expect(far.connections).toHaveLength(0)
    const { text } = await raw(front.port, handshake({ more: ['Origin: https://app.test'] }), { until: '\r\n\r\n' })
    expect(text).toMatch(/ 101 /)
  })

  it('H-078 five megabytes of Sec-WebSocket-Protocol are refused before they are all there', async () => {
    await using far = await sink(switchAndHold)
    await using front = await wsFront(far.url)
    const before = process.cpuUsage()
    const { text, ended } = await raw(
      front.port,
      handshake({ more: [`Sec-WebSocket-Protocol: ${'a,'.repeat(2_500_000)}`] }),
      { hold: Infinity },
    )
    const { user } = process.cpuUsage(before)
    expect(text === '' || text.startsWith('HTTP/1.1 431 ')).toBe(true)
    expect(ended).not.toBe('open')
    expect(user).toBeLessThan(2_000_000)
    expect(far.connections).toHaveLength(0)
  })

  it('H-078 a long list of subprotocols under a raised limit passes in linear time', async () => {
    await using far = await sink(switchAndHold)
    await using front = await wsFront(far.url, { maxHeaderSize: 262_144 })
    const list = `${'a, '.repeat(30_000)}b`
    const before = process.cpuUsage()
    const { text } = await raw(front.port, handshake({ more: [`Sec-WebSocket-Protocol: ${list}`] }), {
      until: '\r\n\r\n',
    })
    expect(text).toMatch(/ 101 /)
    expect(process.cpuUsage(before).user).toBeLessThan(1_000_000)
    expect(far.requests[0]!.header('sec-websocket-protocol')).toBe(list)
  })
})
