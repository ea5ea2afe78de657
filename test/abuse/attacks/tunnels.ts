import { createHash } from 'node:crypto'
import { eventually } from '../../support/index.js'
import { type Attack, GET, ok, type Script, SMUGGLED } from '../attack.js'
import { notLeft, repliesOf, smuggled } from '../oracles.js'
import { push, tooMuch } from './flow.js'

const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='

/** How a frame begins that says goodbye. */
const CLOSE = '\x88'

/** 64 KiB of binary data. */
const FRAME = Buffer.concat([Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]), Buffer.alloc(65_536, 120)])

const upgrade = (...fields: readonly string[]): string =>
  `${['GET /api/ws HTTP/1.1', 'Host: a.example', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${KEY}`, ...fields].join('\r\n')}\r\n\r\n`

/** The 101 that RFC 6455 section 4.2.2 asks for. */
function accepted(key: string | undefined): string {
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  return `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`
}

/** Accepts the handshake, then goes on as told. */
const tunnel =
  (...then: Extract<Script, readonly unknown[]>): Script =>
  (_, __, request) => [accepted(request.header('sec-websocket-key')), ...(then as readonly string[])]

const NO_TUNNEL =
  'Bytes go through only after a 101 of the upstream; what comes before or after another answer is no tunnel.'

export const tunnels: readonly Attack[] = [
  {
    title: 'H-072 a request right behind the head of an upgrade that the upstream answers with 200',
    rule: NO_TUNNEL,
    async run(cell) {
      const { far, port } = await cell.behind(['waitBody', ok()])
      await cell.ask(port, upgrade() + SMUGGLED)
      return smuggled(far)
    },
  },
  {
    title: 'H-073 Sec-WebSocket-Version: 777, a 426 of the upstream, then a request',
    rule: NO_TUNNEL,
    async run(cell) {
      const { far, port } = await cell.behind([
        'waitBody',
        'HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\nContent-Length: 0\r\n\r\n',
      ])
      await cell.ask(port, [upgrade().replace('Version: 13', 'Version: 777'), 400, SMUGGLED])
      return smuggled(far)
    },
  },
  {
    title: 'H-054 Upgrade: h2c to an upstream that speaks it',
    rule: 'No tunnel that nobody can look into: only WebSockets are switched to.',
    async run(cell) {
      const { far, port } = await cell.behind((_, __, request) =>
        request.header('upgrade') === 'h2c'
          ? ['HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n', 'stall']
          : [ok()],
      )
      const h2c = GET.replace(
        '\r\n\r\n',
        '\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n',
      )
      await cell.ask(port, [h2c, 400, 'through the tunnel'], { hold: 800 })
      return far.connections.some(({ text }) => text.includes('through the tunnel')) ? 'a tunnel opened' : undefined
    },
  },
  {
    title: 'H-074 an upgrade that the upstream refuses with a 401 in chunks',
    note: '@fastify/http-proxy accepts the WebSocket first and asks the upstream then; its README calls its support partial.',
    rule: 'The client gets a refusal, whole, and no 101.',
    async run(cell) {
      const { port } = await cell.behind([
        'waitBody',
        'HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n',
      ])
      const result = await cell.ask(port, upgrade())
      const { replies, problem } = repliesOf(result)
      if (problem) return problem
      if (replies[0]?.status === 101) return 'the client got a 101'
      return notLeft(result)
    },
  },
  {
    title: 'H-075 the upstream resets the connection in the handshake',
    rule: 'The client sees it, and nothing dies.',
    alone: true,
    async run(cell) {
      const { port } = await cell.behind(['reset'])
      return notLeft(await cell.ask(port, upgrade(), { hold: 2_400 }))
    },
  },
  {
    title: 'H-075 twenty clients reset their connections in the handshake',
    rule: 'The upstream is rid of them within two seconds, though the timeouts are six, and nothing dies.',
    alone: true,
    async run(cell) {
      const { far, port } = await cell.behind(['stall'], { timeoutMs: 6_000 })
      const clients = await Promise.all(Array.from({ length: 20 }, () => cell.open(port)))
      await Promise.all(clients.map((client) => client.write(upgrade())))
      await far.waitForRequests(20)
      for (const client of clients) client.reset()
      const gone = await eventually(() => far.openConnections() === 0, { timeoutMs: 2_000 }).catch(() => false)
      return gone ? undefined : `${far.openConnections()} of 20 connections to the upstream stay`
    },
  },
  {
    title: 'H-079 the upstream never answers the handshake',
    note: 'proxyTimeout of http-proxy-3 does not hold for WebSockets; a hook of your own can set a timeout.',
    rule: 'The client is told, or let go, within the time that is configured (a second).',
    async run(cell) {
      const { port } = await cell.behind(['stall'])
      return notLeft(await cell.ask(port, upgrade(), { hold: 2_600 }))
    },
  },
  {
    title: 'H-076 the upstream ends a WebSocket with a FIN',
    rule: 'The client sees the end, or a Close frame, within two seconds.',
    async run(cell) {
      const { port } = await cell.behind(tunnel(100, 'end'))
      const result = await cell.ask(port, upgrade(), { hold: 2_200, expect: 2 })
      const told = result.text.split('\r\n\r\n')[1]?.startsWith(CLOSE)
      return result.ended === 'open' && !told ? 'the client is left with a dead WebSocket' : undefined
    },
  },
  {
    title: 'H-076 the client of a WebSocket resets its connection',
    rule: 'The upstream sees the end, or a Close frame, within two seconds.',
    async run(cell) {
      const { far, port } = await cell.behind(tunnel('stall'))
      await cell.ask(port, [upgrade(), 300, 'rst'])
      const told = (): boolean =>
        far.connections.every(({ text, closed }) => closed !== 'no' || text.split('\r\n\r\n')[1]?.startsWith(CLOSE))
      const gone = await eventually(told, { timeoutMs: 2_000 }).catch(() => false)
      return gone ? undefined : 'the upstream is left with a dead WebSocket'
    },
  },
  {
    title: 'H-077 a WebSocket whose client does not read 192 MiB',
    rule: 'The proxy stops reading as well: it takes no more than 96 MiB, most of it in the kernel.',
    alone: true,
    async run(cell) {
      let taken = 0
      const pushed = Promise.withResolvers<void>()
      const { port } = await cell.behind((_, __, request) => [
        accepted(request.header('sec-websocket-key')),
        async (connection) => {
          taken = await push(connection.socket, (bytes) => connection.write(bytes), FRAME)
          pushed.resolve()
        },
      ])
      const client = await cell.open(port)
      await client.write(upgrade())
      await client.waitFor('\r\n\r\n', 2_000).catch(() => {})
      client.pause()
      await Promise.race([pushed.promise, new Promise((resolve) => setTimeout(resolve, 6_000))])
      return tooMuch(taken, 'the upstream')
    },
  },
]
