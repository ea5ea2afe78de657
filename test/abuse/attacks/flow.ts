import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { eventually, type RawConnection } from '../../support/index.js'
import { type Attack, answer, GET, post, SMUGGLED } from '../attack.js'
import { smuggled } from '../oracles.js'

const MIB = 1024 * 1024
const PIECE = Buffer.alloc(64 * 1024, 120)
const ENOUGH = 192 * MIB
/** More than kernels hold on both sides of a proxy: Linux lets a socket grow to 32 MiB. */
const BOUND = 96 * MIB

/** Pushes 192 MiB, or what is taken of it within five seconds and without standing still. */
export async function push(
  socket: Socket,
  write: (bytes: Uint8Array) => Promise<void>,
  piece: Buffer = PIECE,
): Promise<number> {
  let taken = 0
  const deadline = performance.now() + 5_000
  while (taken < ENOUGH && performance.now() < deadline) {
    const stuck = new AbortController()
    const written = write(piece).then(
      () => !socket.destroyed,
      () => false,
    )
    const went = await Promise.race([written, delay(1_500, false, { signal: stuck.signal }).catch(() => false)])
    stuck.abort()
    if (!went) break
    taken += piece.length
  }
  return taken
}

export const tooMuch = (taken: number, from: string): string | undefined =>
  taken > BOUND ? `it took more than ${BOUND / MIB} MiB from ${from}, and keeps them in memory` : undefined

/** Connections that a server on this port has open, as the kernel counts them. */
function openOn(port: number): number {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const lines = readFileSync('/proc/net/tcp', 'latin1').split('\n')
  return lines.filter((line) => new RegExp(`^ *\\d+: \\w+:${hex} \\w+:\\w+ 0[18]`).test(line)).length
}

export const flow: readonly Attack[] = [
  {
    title: 'H-093 a client that does not read a reply of 192 MiB',
    rule: 'The proxy stops reading as well: it takes no more than 96 MiB, most of it in the kernel.',
    alone: true,
    async run(cell) {
      let taken = 0
      const pushed = Promise.withResolvers<void>()
      const { port } = await cell.behind([
        'waitBody',
        `HTTP/1.1 200 OK\r\nContent-Length: ${ENOUGH}\r\n\r\n`,
        async (connection) => {
          taken = await push(connection.socket, (bytes) => connection.write(bytes))
          pushed.resolve()
        },
      ])
      const client = await cell.open(port)
      client.pause()
      await client.write(GET)
      await pushed.promise
      return tooMuch(taken, 'the upstream')
    },
  },
  {
    title: 'H-093 an upstream that does not read an upload of 192 MiB',
    rule: 'The proxy stops reading as well: it takes no more than 96 MiB, most of it in the kernel.',
    alone: true,
    async run(cell) {
      const { port } = await cell.behind(answer, { far: { paused: true } })
      const client = await cell.open(port)
      await client.write(post('').replace('Length: 0', `Length: ${ENOUGH}`))
      return tooMuch(await push(client.socket, (bytes) => client.write(bytes)), 'the client')
    },
  },
  {
    title: 'H-021 a 413 in the middle of an upload reaches the client, and the rest is no request',
    rule: 'The client can read the answer; what it still sends is never taken for a request.',
    async run(cell) {
      const { far, port } = await cell.behind([
        async (connection) => void (await eventually(() => connection.bytesReceived > 60_000)),
        'HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n',
      ])
      const client = await cell.open(port)
      await client.write(post('').replace('Length: 0', `Length: ${8 * MIB}`))
      const sending = send(client, SMUGGLED.repeat(1_000), 8 * MIB)
      const answered = await client.waitFor('HTTP/1.1 413', 2_500).catch(() => client.text)
      client.destroy()
      await sending
      if (!answered.includes('HTTP/1.1 413'))
        return `the client got ${JSON.stringify(answered.slice(0, 80))} (${client.ended})`
      return smuggled(far)
    },
  },
  {
    title: 'H-027 1,000 pipelined requests of one client do not become 1,000 at once',
    note: 'An Agent with maxSockets bounds it for http-proxy-3; the default has no bound.',
    rule: 'What one connection can have under way is bounded: here, by 500.',
    alone: true,
    async run(cell) {
      const { far, port } = await cell.behind(['stall'], { timeoutMs: 6_000 })
      const client = await cell.open(port)
      await client.write(GET.repeat(1_000)).catch(() => {})
      const many = await eventually(() => far.connections.length > 500, { timeoutMs: 2_500 }).catch(() => false)
      return many ? 'more than 500 connections to the upstream at once' : undefined
    },
  },
  {
    title: 'H-118 1,000 requests whose clients leave behind no sockets',
    rule: 'Four seconds later hardly a connection is open on either side.',
    alone: true,
    async run(cell) {
      const { far, port } = await cell.behind(['stall'])
      for (let batch = 0; batch < 10; batch += 1) {
        const clients = await Promise.all(Array.from({ length: 100 }, () => cell.open(port, { keep: 0 })))
        await Promise.all(clients.map((client) => client.write(GET).catch(() => {})))
        await far.waitForRequests(100 * (batch + 1), { timeoutMs: 250 }).catch(() => {})
        for (const client of clients) client.reset()
      }
      const rest = (): number => far.openConnections() + openOn(port)
      const gone = await eventually(() => rest() <= 8, { timeoutMs: 4_000 }).catch(() => false)
      return gone ? undefined : `${far.openConnections()} to the upstream and ${openOn(port)} to clients are open`
    },
  },
  {
    title: 'H-115 300 requests on one connection leave no listeners behind',
    note: 'The timeout option of httpxy adds a listener to the socket with each request; without that option there is none.',
    rule: 'No MaxListenersExceededWarning, and the last request is answered as the first was.',
    alone: true,
    async run(cell) {
      const { port } = await cell.behind(answer)
      const client = await cell.open(port)
      for (let nth = 1; nth <= 300; nth += 1) {
        await client.write(GET)
        await client.waitFor((text) => text.split('HTTP/1.1 ').length > nth, 2_000)
      }
      return cell.warned() && 'Node warns of listeners that pile up'
    },
  },
]

async function send(client: RawConnection, piece: string, bytes: number): Promise<void> {
  for (let sent = 0; sent < bytes && client.ended === 'open'; sent += piece.length) {
    const gone = await client.write(piece.slice(0, bytes - sent)).then(
      () => false,
      () => true,
    )
    if (gone) return
  }
}
