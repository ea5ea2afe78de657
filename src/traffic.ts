import { EdgeError } from './errors.js'
import type { EventHub } from './events.js'
import type { Exchange } from './exchange.js'
import type { ExchangeOrigin } from './node-exchange.js'
import { TunnelBook, type Tunneled, type TunnelSummary, type TunnelTotals } from './tunnels.js'

/** How long what has been cut may take to say so to its client. */
const LAST_MS = 1_000

/** What a gateway has under way: requests, and tunnels, which no server keeps count of (`closeAllConnections` does not know them). */
export class Traffic {
  readonly #events: EventHub
  /** Newest of the exchanges under way, which are linked through their origins: a Set's tables outlive their entries and cost 9 % in garbage collection. */
  #newest: ExchangeOrigin | null = null
  #requests = 0
  readonly #tunnels = new TunnelBook()
  readonly #sessions = new Set<Session>()
  #quiet: (() => void) | null = null
  #draining = false
  #last: NodeJS.Timeout | undefined

  constructor(events: EventHub) {
    this.#events = events
  }

  /** Whether new requests are refused. */
  get draining(): boolean {
    return this.#draining
  }

  get requests(): number {
    return this.#requests
  }

  get tunnels(): number {
    return this.#tunnels.size
  }

  /** What has gone through its tunnels, and how they closed. */
  get tunnelTotals(): TunnelTotals {
    return this.#tunnels.totals()
  }

  begin(origin: ExchangeOrigin): void {
    const { previous, next } = origin
    if (previous !== null || next !== null || this.#newest === origin) return
    this.#requests++
    origin.next = this.#newest
    if (this.#newest !== null) this.#newest.previous = origin
    this.#newest = origin
  }

  end(origin: ExchangeOrigin): void {
    const { previous, next } = origin
    if (previous === null && this.#newest !== origin) return
    if (previous === null) this.#newest = next
    else previous.next = next
    if (next !== null) next.previous = previous
    origin.previous = null
    origin.next = null
    this.#requests--
    this.#settle()
  }

  /** Keeps a connection that carries many requests at a time: no more of them come once the gateway closes. */
  hold(session: Session): void {
    if (this.#sessions.has(session)) return
    this.#sessions.add(session)
    session.once('close', () => this.#sessions.delete(session))
    if (this.#draining) session.close()
  }

  open(exchange: Exchange, tunnel: Tunneled): void {
    this.#tunnels.open(tunnel)
    if (this.#events.has('tunnel')) this.#events.emit('tunnel', { exchange, change: 'opened', summary: null })
  }

  shut(exchange: Exchange, tunnel: Tunneled, summary: TunnelSummary): void {
    this.#tunnels.shut(tunnel, summary)
    if (this.#events.has('tunnel')) this.#events.emit('tunnel', { exchange, change: 'closed', summary })
    this.#settle()
  }

  /** Resolves when all that is under way now has ended, tunnels too; nothing is told to hurry. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      let left = this.#requests
      if (left === 0) return resolve()
      const one = (): void => {
        if (--left === 0) resolve()
      }
      for (let at = this.#newest; at !== null; at = at.next) at.onSettled(one)
    })
  }

  /** Refuses what is new, ends tunnels, and waits for the rest until `graceMs` are over; then cuts it. */
  async drain(graceMs: number): Promise<void> {
    this.#draining = true
    this.#tunnels.leave('drain')
    for (const session of this.#sessions) session.close()
    if (this.#busy) {
      const quiet = new Promise<void>((resolve) => {
        this.#quiet = resolve
      })
      const deadline = setTimeout(
        () => this.cut(new EdgeError('ERR_EDGE_CLOSING', `not done within ${graceMs} ms of closing`)),
        graceMs,
      )
      await quiet
      clearTimeout(deadline)
      clearTimeout(this.#last)
    }
  }

  /** Ends everything now. */
  cut(reason: EdgeError): void {
    const under: ExchangeOrigin[] = []
    for (let at = this.#newest; at !== null; at = at.next) under.push(at)
    for (const origin of under) origin.cancel.abort(reason)
    this.#tunnels.destroy()
    // Who still holds on then is a handler that does not listen, or a client that does not read.
    this.#last = setTimeout(() => {
      for (let at = this.#newest; at !== null; at = at.next) at.raw.socket.destroy()
    }, LAST_MS)
  }

  get #busy(): boolean {
    return this.#requests > 0 || this.#tunnels.size > 0
  }

  #settle(): void {
    if (this.#quiet !== null && !this.#busy) this.#quiet()
  }
}

/** What of an HTTP/2 session is asked for. */
interface Session {
  /** Tells the client to ask no more on this connection (GOAWAY); what it has asked is answered. */
  close(): void
  once(event: 'close', listener: () => void): unknown
}
