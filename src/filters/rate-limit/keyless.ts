import { EdgeError } from '../../errors.js'
import { type EventHub, events as sharedEvents } from '../../events.js'
import type { Exchange } from '../../exchange.js'
import { Sparing } from '../../limiting/sparing.js'

/** What becomes of an exchange without a key. */
export type Keyless = 'shared' | 'pass' | 'deny'

/** What those without a key have in common. */
export const NO_KEY = 'no key'

/** Decides about exchanges without a key, and tells of them (H-140). */
export class KeylessPolicy {
  readonly fate: Keyless
  readonly #hub: EventHub
  readonly #faults = new Sparing()

  constructor(fate: Keyless = 'shared', hub: EventHub = sharedEvents) {
    this.fate = fate
    this.#hub = hub
  }

  /** What becomes of one, after it was told of. */
  meet(where: string): Keyless {
    if (this.#faults.due())
      this.#hub.emit('fault', {
        where,
        error: new EdgeError('ERR_EDGE_BAD_VALUE', 'a request has no key to be limited by'),
      })
    return this.fate
  }
}

/** Whether the client has left before its address was known: the socket had one, unlike a Unix socket. */
export function hasLeft({ client, cancel }: Exchange): boolean {
  return client.address === '' && cancel.aborted
}
