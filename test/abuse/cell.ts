import { setTimeout as delay } from 'node:timers/promises'
import {
  afterReplies,
  type RawConnection,
  type RawOpenOptions,
  type RawResult,
  rawOpen,
  type SinkStep as ScriptStep,
  shown,
  sink,
} from '../support/index.js'
import type { Far, Script } from './attack.js'
import type { Front } from './front.js'

/** What went over the wire in one row, to be read by people. */
export interface Evidence {
  readonly sent: readonly string[]
  readonly upstreamSent: readonly string[]
  readonly upstreamGot: readonly string[]
  readonly clientGot: readonly string[]
}

/** Bytes, a wait in ms, a FIN or a RST. */
type AskStep = string | number

interface AskOptions {
  /** @default 2000 */
  readonly hold?: number
  /** Whole replies to wait for. @default 1 */
  readonly expect?: number
  /** Of the requests, where it matters to how replies are read. */
  readonly methods?: readonly string[]
}

/** How long to look for bytes behind a whole reply, in ms. */
const SETTLED = 120

type FarOptions = Parameters<typeof sink>[1]

interface SiteOptions {
  /** @default '/' */
  readonly prefix?: string
  /** @default 1000 */
  readonly timeoutMs?: number
  readonly far?: FarOptions
}

/** One attack's place: the proxy in front of upstreams of its own, and clients that repair nothing. All of it is recorded. */
export class Cell implements AsyncDisposable {
  readonly #proxy: Front
  readonly #fars: Far[] = []
  readonly #clients: (() => { sent: string; got: string })[] = []
  readonly #answers: (readonly ScriptStep[])[] = []
  readonly #warnedBefore: number
  readonly #open: RawConnection[] = []

  constructor(proxy: Front) {
    this.#proxy = proxy
    this.#warnedBefore = proxy.complaint().length
  }

  /** Puts the proxy in front of an upstream that answers by script. */
  async behind(
    script: Script,
    { prefix = '/', timeoutMs = 1_000, far: options = {} }: SiteOptions = {},
  ): Promise<{ far: Far; port: number }> {
    const recorded: Script = async (connection, nth, request) => {
      const steps =
        typeof script === 'function' ? await script(connection, nth, request) : (script as readonly ScriptStep[])
      this.#answers.push(steps)
      return steps
    }
    const far = await sink(recorded, { keep: 65_536, ...options })
    this.#fars.push(far)
    return { far, port: await this.#proxy.serve({ target: far.url, prefix, timeoutMs }) }
  }

  /** Puts the proxy in front of a port where nobody listens. */
  async behindNobody(): Promise<number> {
    const far = await sink()
    await far.close()
    return this.#proxy.serve({ target: far.url, prefix: '/', timeoutMs: 1_000 })
  }

  /** Plays an upstream that the proxy was never told of. */
  async stranger(): Promise<Far> {
    const far = await sink()
    this.#fars.push(far)
    return far
  }

  /**
   * Sends bytes and tells what came: until the peer ends the connection, until a moment after as many replies as are expected are whole,
   * or until nothing has come for `hold` ms.
   */
  async ask(
    port: number,
    bytes: string | readonly AskStep[],
    { hold = 2_000, expect = 1, methods = [] }: AskOptions = {},
  ): Promise<RawResult> {
    const client = await rawOpen(port, { keep: 1 << 20 })
    this.#open.push(client)
    const steps = typeof bytes === 'string' ? [bytes] : bytes
    for (const step of steps) {
      if (client.ended !== 'open') break
      if (typeof step === 'number') await Promise.race([delay(step), client.closed])
      else if (step === 'end') client.end()
      else if (step === 'rst') client.reset()
      else await client.write(step).catch(() => client.closed)
    }
    while (client.ended === 'open') {
      const { received } = client
      const whole = afterReplies(expect, { methods })
      const done = (): boolean => {
        try {
          return whole(client.text)
        } catch {
          return false
        }
      }
      const patience = done() ? SETTLED : hold
      await Promise.race([
        delay(patience),
        client.closed,
        new Promise<void>((resolve) => client.onBytes(() => resolve())),
      ])
      if (client.received === received && client.ended === 'open') break
    }
    const { text, bytes: got, ended } = client
    client.destroy()
    const sent = steps.filter((step) => typeof step === 'string' && !['end', 'rst'].includes(step)).join('')
    this.#clients.push(() => ({ sent, got: `${shown(got)} (${ended})` }))
    return { text, bytes: got, ended }
  }

  async open(port: number, options: RawOpenOptions = {}): Promise<RawConnection> {
    const connection = await rawOpen(port, { keep: 65_536, ...options })
    this.#open.push(connection)
    let sent = ''
    const write = connection.write.bind(connection)
    connection.write = (bytes) => {
      if (sent.length < 4_096) sent += String(bytes).slice(0, 4_096)
      return write(bytes)
    }
    this.#clients.push(() => ({ sent, got: `${shown(connection.bytes)} (${connection.ended})` }))
    return connection
  }

  /** Whether Node warned of listeners. */
  warned(): string | undefined {
    return /MaxListeners\w*/.exec(this.#proxy.complaint().slice(this.#warnedBefore))?.[0]
  }

  /** What went over the wire at last, as far as a reader needs it. */
  evidence(): Evidence {
    const clients = this.#clients.slice(-2).map((each) => each())
    const connections = this.#fars.flatMap((far) => far.connections.filter(({ text }) => text !== ''))
    return {
      sent: clients.map(({ sent }) => brief(JSON.stringify(sent))),
      upstreamSent: this.#answers.slice(-2).map(told),
      upstreamGot: connections.slice(-2).map(({ text }) => brief(JSON.stringify(text))),
      clientGot: clients.map(({ got }) => brief(got)),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#open) connection.destroy()
    await Promise.all(this.#fars.map((far) => far.close().catch(() => {})))
  }
}

/** A script, for people: bytes, waits in ms, and words such as end, reset and stall. */
function told(steps: readonly ScriptStep[]): string {
  return steps
    .filter((step) => step !== 'waitBody')
    .slice(0, 6)
    .map((step) =>
      typeof step === 'function' ? '…' : typeof step === 'string' ? brief(JSON.stringify(step)) : String(step),
    )
    .join(', ')
}

/** Without what differs from run to run, and without the middle of what is long. */
function brief(text: string): string {
  const steady = text.replace(/(date: )[^\\"]*GMT/gi, '$1…').replace(/127\.0\.0\.1:\d{4,5}/g, '127.0.0.1:PORT')
  return steady.length <= 560 ? steady : `${steady.slice(0, 300)} … ${steady.slice(-220)}`
}
