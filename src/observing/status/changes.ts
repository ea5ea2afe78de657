import type { EdgeEvents, EventHub } from '../../events.js'
import { cut } from '../plain.js'

/** Something that became different from what it was. */
export interface Change {
  /** When, in milliseconds since 1970. */
  readonly at: number
  /** The event that told of it. */
  readonly kind: keyof EdgeEvents
  /** Whom it is about: an endpoint, a pool, a store, a key. */
  readonly subject: string
  /** The pool of an endpoint; else `null`. */
  readonly pool: string | null
  readonly change: string
  readonly why: string
}

/** A change without what all have in common. */
type Told = Pick<Change, 'subject' | 'change'> & Partial<Pick<Change, 'pool' | 'why'>>

type Teller<K extends keyof EdgeEvents> = (event: EdgeEvents[K]) => Told

/** What is shown, and how it reads. */
const TELLERS: { readonly [K in keyof EdgeEvents]?: Teller<K> } = {
  endpoint: ({ pool, endpoint, change, why }) => ({ subject: endpoint, pool, change, why }),
  pool: ({ pool, change, why }) => ({ subject: pool, change, why }),
  store: ({ store, change, why }) => ({ subject: store, change, why }),
  ban: ({ key, change, why }) => ({ subject: key, change, why }),
  overload: ({ change, why }) => ({ subject: 'this process', change, why }),
  gateway: ({ change }) => ({ subject: 'gateway', change }),
  admin: ({ who, action, subject, result }) => ({
    subject,
    change: `${action}: ${result}`,
    why: who === null ? '' : `by ${who}`,
  }),
  certificate: ({ names, change, why }) => ({ subject: names.join(', '), change, why }),
  keys: ({ source, change, why }) => ({ subject: source, change, why }),
  configuration: ({ source, change, why }) => ({ subject: source, change, why }),
  shutdown: ({ change, reason }) => ({ subject: 'shutdown', change, why: reason }),
}

/** Of a text that comes from elsewhere (a store's error, a name from discovery), so much is kept. */
const MAX = 300

/** The latest changes that any of several hubs told of: a bounded list, newest first. */
export class Changes {
  readonly #limit: number
  readonly #now: () => number
  readonly #onChange: (change: Change) => void
  readonly #stops = new Map<EventHub, readonly (() => void)[]>()
  #list: readonly Change[] = []

  constructor(limit: number, now: () => number, onChange: (change: Change) => void) {
    this.#limit = limit
    this.#now = now
    this.#onChange = onChange
  }

  get list(): readonly Change[] {
    return this.#list
  }

  /** Listens to these hubs, and to no others. */
  follow(hubs: ReadonlySet<EventHub>): void {
    for (const [hub, stops] of this.#stops) {
      if (hubs.has(hub)) continue
      for (const stop of stops) stop()
      this.#stops.delete(hub)
    }
    for (const hub of hubs) if (!this.#stops.has(hub)) this.#stops.set(hub, this.#listen(hub))
  }

  #listen(hub: EventHub): readonly (() => void)[] {
    return (Object.keys(TELLERS) as (keyof EdgeEvents)[]).map((kind) => {
      const tell = TELLERS[kind] as (event: never) => Told
      return hub.on(kind, (event) => this.#note(kind, tell(event as never)))
    })
  }

  #note(kind: keyof EdgeEvents, { subject, pool = null, change, why = '' }: Told): void {
    const told = { at: this.#now(), kind, subject: cut(subject, MAX), pool, change, why: cut(why, MAX) }
    this.#list = [told, ...this.#list.slice(0, this.#limit - 1)]
    this.#onChange(told)
  }
}
