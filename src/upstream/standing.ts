import type { EdgeEvents, EventHub } from '../events.js'
import type { Endpoint } from './endpoint.js'
import type { Levels } from './levels.js'
import type { SlowStart } from './slow-start.js'

export interface StandingParts {
  /** The pool's name. */
  readonly pool: string
  readonly events: EventHub
  readonly levels: Levels
  readonly slowStart: SlowStart
}

/** What follows when the state of an endpoint moves: shares, slow start, and the news. */
export class Standing {
  readonly #parts: StandingParts

  constructor(parts: StandingParts) {
    this.#parts = parts
  }

  /** Health or the operator changed it; `change` is what the operator did. */
  moved(endpoint: Endpoint, why: string, change?: EdgeEvents['endpoint']['change']): void {
    this.note(endpoint, why)
    this.#parts.levels.recount()
    endpoint.level?.balancer.changed?.(endpoint)
    if (change !== undefined) this.say(endpoint, change, why)
    else if (endpoint.well !== endpoint.saidUp) {
      endpoint.saidUp = endpoint.well
      this.say(endpoint, endpoint.well ? 'up' : 'down', why)
    }
  }

  /** Ends an ejection before its time. Not said: while all are out, it may fail as often as requests come. */
  tryEarly(endpoint: Endpoint): void {
    endpoint.ejected = false
    endpoint.onTrial = true
    this.note(endpoint, 'no other is left')
    this.#parts.levels.recount()
    endpoint.level?.balancer.changed?.(endpoint)
  }

  /** Keeps what the state is, and since when; sees to slow start. */
  note(endpoint: Endpoint, why: string): void {
    endpoint.refresh()
    if (!endpoint.well || endpoint.mode === 'maintenance') {
      endpoint.cold = true
      this.#parts.slowStart.stop(endpoint)
    } else if (endpoint.cold && endpoint.mode === 'ready' && !endpoint.onTrial) {
      endpoint.cold = false
      this.#parts.slowStart.begin(endpoint)
    }
    const { state } = endpoint
    if (state === endpoint.noted) return
    endpoint.noted = state
    endpoint.why = why
    endpoint.since = Date.now()
  }

  say(endpoint: Endpoint, change: EdgeEvents['endpoint']['change'], why: string): void {
    this.#parts.events.emit('endpoint', { pool: this.#parts.pool, endpoint: endpoint.name, change, why })
  }
}
