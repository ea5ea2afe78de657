import { EdgeError } from '../../errors.js'
import { discard, type Reply } from '../../reply.js'
import type { Ask, Times } from './asking.js'
import type { Forwarded } from './cache-status.js'
import { type Collected, collect, drink } from './collect.js'
import { joined, restOf } from './completing.js'
import type { Facts } from './facts.js'
import type { Fill, Fills } from './fills.js'
import type { Flight } from './flights.js'
import type { Draft, Keeper } from './keeping.js'
import { ageOf, mayReplaceError } from './policy/reusing.js'
import { hasValidator } from './policy/storing.js'
import { agrees, belongsTo, conditional, isNotModified, unconditional } from './policy/validating.js'
import { notModified, type Servery } from './serving.js'
import type { Teller } from './telling.js'

/** RFC 5861 §4: what a stale reply may stand in for. */
const ERRORS: ReadonlySet<number> = new Set([500, 502, 503, 504])

/** How the upstream is asked: as the client does; with the stored validators; or for all of it, whatever the client has. */
type Manner = 'as asked' | 'validating' | 'anew'

export interface FetcherParts {
  readonly keeper: Keeper
  readonly fills: Fills
  readonly servery: Servery
  readonly teller: Teller
  readonly maxEntryBytes: number
  readonly now: () => number
}

/** One request to the upstream, and what belongs to it. */
interface Errand {
  readonly ask: Ask
  /** What is stored and can't be used as it is; it may do in place of an error. */
  readonly stale: Facts | null
  readonly manner: Manner
  /** Others that wait for what comes. */
  readonly flight: Flight | null
  readonly fill: Fill
}

/** Asks the upstream: for what is not stored, or whether what is stored is still good. */
export class Fetcher {
  readonly #parts: FetcherParts

  constructor(parts: FetcherParts) {
    this.#parts = parts
  }

  /** Asks, and stores what may be stored while it is passed on. */
  async fetch(ask: Ask, stale: Facts | null, flight: Flight | null = null, again = false): Promise<Reply> {
    const { fills, now } = this.#parts
    const validating = !again && stale !== null && hasValidator(stale.entry.headers)
    const errand: Errand = {
      ask,
      stale,
      manner: again ? 'anew' : validating ? 'validating' : 'as asked',
      flight,
      fill: fills.begin(ask.url),
    }
    const requestedAt = now()
    let reply: Reply
    try {
      reply = await ask.next(outgoing(errand))
    } catch (error) {
      fills.end(errand.fill)
      return this.#failed(errand, error)
    }
    try {
      return await this.#received(errand, reply, { requestedAt, receivedAt: now() })
    } catch (error) {
      fills.end(errand.fill)
      flight?.fail()
      discard(reply)
      throw error
    }
  }

  /** Asks for the rest of a stored part, and passes both on as one. */
  async complete(ask: Ask, { entry }: Facts): Promise<Reply> {
    const { fills, keeper, now } = this.#parts
    const fill = fills.begin(ask.url)
    const errand: Errand = { ask, stale: null, manner: 'as asked', flight: null, fill }
    const requestedAt = now()
    try {
      const rest = await ask.next(restOf(entry, ask.exchange))
      const at = { requestedAt, receivedAt: now() }
      if (rest.status !== 206 && rest.status !== 416) return this.#take(errand, rest, at)
      const whole = joined(entry, rest)
      if (whole !== null) return this.#take(errand, whole, at)
      discard(rest)
    } catch (error) {
      fills.end(fill)
      throw error
    }
    fills.end(fill)
    await keeper.remove(ask.key, entry)
    return this.fetch(ask, null)
  }

  #failed({ ask, stale, flight }: Errand, error: unknown): Reply {
    const upstreams = error instanceof EdgeError && error.source !== 'client' && error.status >= 500
    if (!upstreams || !this.#mayStandIn(ask, stale)) {
      flight?.fail()
      throw error
    }
    ask.exchange.noteFailure(error)
    return this.#standIn(ask, stale!, flight, error.status)
  }

  #received(errand: Errand, reply: Reply, at: Times): Promise<Reply> | Reply {
    const { ask, stale, manner, flight, fill } = errand
    const { fills, keeper } = this.#parts
    if (ERRORS.has(reply.status) && this.#mayStandIn(ask, stale)) {
      discard(reply)
      fills.end(fill)
      return this.#standIn(ask, stale!, flight, reply.status)
    }
    if (manner === 'validating' && reply.status === 304) {
      discard(reply)
      if (belongsTo(reply.headers, stale!.entry.headers)) return this.#validated(errand, reply, at)
      fills.end(fill)
      // It speaks of something else, and must not reach a client that did not ask for it (H-186).
      keeper.remove(ask.key, stale!.entry)
      return this.fetch(ask, null, flight, true)
    }
    return ask.exchange.method === 'HEAD' ? this.#head(errand, reply, at) : this.#take(errand, reply, at)
  }

  /** What is stored is still good. */
  #validated({ ask, stale, flight, fill }: Errand, reply: Reply, at: Times): Reply {
    const { fills, keeper, servery, now, teller } = this.#parts
    const facts = keeper.update(ask, stale!, reply.headers, at, fill)
    fills.end(fill)
    share(flight, facts, now())
    teller.tell(ask.exchange, 'revalidated', ask.collapsed)
    const served = servery.after(ask.exchange, facts, now(), forwarded(ask, reply.status))
    const cookies = reply.headers['set-cookie']
    // Whoever was asked for has its cookies; nobody else does (H-175).
    return cookies === undefined || served.headers['set-cookie'] !== undefined
      ? served
      : { ...served, headers: { ...served.headers, 'set-cookie': cookies } }
  }

  /** A HEAD is never stored as a GET; it tells whether the stored GET is still good (RFC 9111 §4.3.5). */
  #head({ ask, stale, fill }: Errand, reply: Reply, at: Times): Reply {
    const { fills, keeper, teller } = this.#parts
    if (reply.status === 200 && stale !== null) {
      if (agrees(reply.headers, stale.entry.headers)) keeper.update(ask, stale, reply.headers, at, fill)
      else keeper.remove(ask.key, stale.entry)
    }
    fills.end(fill)
    teller.tell(ask.exchange, 'miss')
    return this.#pass(reply, forwarded(ask, reply.status))
  }

  #take(errand: Errand, reply: Reply, at: Times): Reply {
    const { ask, stale, manner, flight, fill } = errand
    const { fills, keeper, teller, maxEntryBytes } = this.#parts
    teller.tell(ask.exchange, 'miss', ask.collapsed)
    const draft = keeper.draft(ask, reply, at)
    if (typeof draft === 'string') {
      fills.end(fill)
      // An ailing upstream is asked by one after another, not by all at once.
      if (ERRORS.has(reply.status)) flight?.fail()
      else flight?.disband()
      // What was checked and came back as something that can't be stored is not what is stored any longer.
      if (stale !== null && reply.status < 500) keeper.remove(ask.key, stale.entry)
      return this.#pass(reply, forwarded(ask, reply.status, { detail: draft }))
    }
    const done = (collected: Collected): void => this.#collected(errand, draft, collected)
    const { headers } = ask.exchange
    const mark = forwarded(ask, reply.status, { stored: true })
    if (manner !== 'as asked' && reply.status === 200 && isNotModified(headers, reply.headers, at.receivedAt)) {
      drink(reply.body, maxEntryBytes, done)
      return notModified(this.#pass(reply, mark).headers)
    }
    return this.#pass({ ...reply, body: collect(reply.body, maxEntryBytes, done, flight) }, mark)
  }

  #collected({ ask, flight, fill }: Errand, draft: Draft, collected: Collected): void {
    const { fills, keeper, now } = this.#parts
    const facts = typeof collected === 'string' ? null : keeper.store(ask.key, draft, collected, fill)
    fills.end(fill)
    if (facts !== null) share(flight, facts, now())
    else if (collected === 'too large') flight?.disband()
    else flight?.fail()
  }

  #mayStandIn({ wish }: Ask, stale: Facts | null): boolean {
    return stale !== null && mayReplaceError(stale, ageOf(stale, this.#parts.now()), wish)
  }

  /** A stored reply in place of an error (RFC 5861 §4). */
  #standIn(ask: Ask, stale: Facts, flight: Flight | null, status: number): Reply {
    const { servery, now, teller } = this.#parts
    flight?.land(stale, true)
    teller.tell(ask.exchange, 'stale', ask.collapsed)
    return servery.after(ask.exchange, stale, now(), forwarded(ask, status, { detail: 'stale-if-error' }))
  }

  #pass(reply: Reply, mark: Forwarded): Reply {
    const { keeper, servery } = this.#parts
    return servery.passed(reply, keeper.shown(reply.headers), mark)
  }
}

function outgoing({ ask: { exchange }, stale, manner }: Errand): Ask['exchange'] {
  if (manner === 'as asked') return exchange
  const { headers } = exchange
  return exchange.with({
    headers: manner === 'anew' ? unconditional(headers) : conditional(headers, stale!.entry.headers),
  })
}

function forwarded({ why, collapsed }: Ask, status: number, more: Partial<Forwarded> = {}): Forwarded {
  return { why, status, collapsed, ...more }
}

/** Lets others have what is fresh; what each would have to check again, each had better fetch for itself. */
function share(flight: Flight | null, facts: Facts, now: number): void {
  if (!facts.said.noCache && facts.lifetime > ageOf(facts, now)) flight?.land(facts)
  else flight?.disband()
}
