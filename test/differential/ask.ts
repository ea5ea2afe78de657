import { connect } from 'node:net'
import { MessageReader } from '../../src/testing/wire/reader.js'
import { type StrictReading, WireReply } from '../support/index.js'
import type { Arrival } from './far-end.js'
import type { Lane } from './lanes.js'

/** What became of a client's bytes at one proxy. */
export interface Outcome {
  /** Final replies in order; interim ones count for nothing. */
  readonly replies: readonly WireReply[]
  /** How many of them had come when the client had nothing more to say, and said so (FIN). */
  readonly unprompted: number
  /** What came that is no reply. */
  readonly garbage: string
  /** `never`: the proxy kept the connection of a client that had gone. */
  readonly ended: 'itself' | 'after-fin' | 'never'
  /** What reached the upstream. */
  readonly arrivals: readonly Arrival[]
}

/** Rounds of the probe without a byte, after which a proxy waits for more of a request that isn't whole. */
const SILENT_ROUNDS = 4
/** The same where nothing is missing: a reply is due. */
const DUE_ROUNDS = 40
/** How long a proxy may keep a connection whose client has gone; far past what load makes late. */
const END_MS = 10_000

/**
 * Sends bytes to a proxy on a connection of their own, from an address of their own. When all replies are there that a strict reader expects, or
 * the proxy waits for more, the client sends its FIN, and sees what the proxy makes of that.
 */
export async function ask(lane: Lane, address: string, bytes: Buffer, strict: StrictReading): Promise<Outcome> {
  const socket = connect({ port: lane.port, host: '127.0.0.1', localAddress: address, allowHalfOpen: true })
  const asked = strict.requests.map(({ method }) => method)
  const reader: MessageReader<WireReply> = new MessageReader({
    create: (head) => new WireReply(head, methodOf(head, asked[finals()] ?? (finals() === 0 ? wordOf(bytes) : 'GET'))),
  })
  let received = 0
  let over = false
  let look = (): void => {}
  const seen = (): void => {
    look()
  }
  socket.on('data', (chunk) => {
    received += chunk.length
    reader.push(chunk)
    seen()
  })
  socket.on('error', () => {})
  const gone = new Promise<void>((resolve) => {
    const end = (): void => {
      over = true
      seen()
      resolve()
    }
    socket.once('end', end)
    socket.once('close', end)
  })
  socket.write(bytes)
  function finals(): number {
    return reader.messages.filter(({ interim, complete }) => complete && !interim).length
  }
  const due = strict.ends === 'clean' ? strict.requests.length : Infinity
  const answered = new Promise<void>((resolve) => {
    look = () => {
      if (over || finals() >= due) resolve()
    }
  })
  await Promise.race([answered, silence(lane, due === Infinity ? SILENT_ROUNDS : DUE_ROUNDS, () => received)])
  const ended = over ? 'itself' : 'after-fin'
  const unprompted = finals()
  if (!over) socket.end()
  const kept = await new Promise<boolean>((resolve) => {
    socket.setTimeout(END_MS, () => resolve(true))
    gone.then(() => resolve(false))
  })
  reader.closed()
  socket.resetAndDestroy()
  await lane.probe.quiet(1)
  return {
    replies: reader.messages.filter(({ interim }) => !interim),
    unprompted,
    garbage: reader.error === undefined ? reader.leftover.toString('latin1') : reader.error.message,
    ended: kept ? 'never' : ended,
    arrivals: lane.far.take(address),
  }
}

async function silence(lane: Lane, rounds: number, received: () => number): Promise<void> {
  for (let before = -1; before !== received(); ) {
    before = received()
    await lane.probe.quiet(rounds)
  }
}

/** What a reply answers, for its framing: the far end says it; a proxy's own reply answers the next in line. */
function methodOf({ headers }: Pick<WireReply, 'headers'>, next: string): string {
  return headers.find(([name]) => name.toLowerCase() === 'x-method')?.[1] ?? next
}

/** The method, if it is one, of what can't be read. */
function wordOf(bytes: Buffer): string {
  return bytes.toString('latin1', 0, 16).trimStart().split(' ', 1)[0]!
}
