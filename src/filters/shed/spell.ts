import { type EventHub, events as sharedEvents } from '../../events.js'

/** An overload is over when nothing has been shed for so many ticks. */
const QUIET_TICKS = 10

/** One overload after the other, so that listeners hear of its beginning and its end rather than of each request. */
export class Spell {
  readonly #hub: EventHub
  #shed = 0
  #seen = 0
  #quiet = 0

  constructor(hub: EventHub = sharedEvents) {
    this.#hub = hub
  }

  /** Whether one is going on. */
  get on(): boolean {
    return this.#shed > 0
  }

  shed(why: string): void {
    this.#shed++
    if (this.#shed === 1) this.#hub.emit('overload', { change: 'shedding', why, shed: 1 })
  }

  tick(): void {
    if (this.#shed === 0) return
    this.#quiet = this.#shed === this.#seen ? this.#quiet + 1 : 0
    this.#seen = this.#shed
    if (this.#quiet >= QUIET_TICKS) this.end('nothing had to be shed')
  }

  end(why: string): void {
    if (this.#shed === 0) return
    const shed = this.#shed
    this.#shed = 0
    this.#seen = 0
    this.#quiet = 0
    this.#hub.emit('overload', { change: 'calm', why, shed })
  }
}
