import { StreamBody } from '../../body.js'
import { EdgeError } from '../../errors.js'
import type { Exchange } from '../../exchange.js'
import type { Milliseconds } from '../../options.js'
import type { Clock } from '../../upstream/clock.js'
import { changesSince } from './difference.js'
import type { StatusReport } from './report.js'

export interface ViewersOptions {
  readonly limit: number
  readonly refreshMs: Milliseconds
  readonly clock: Clock
  /** How everything is now, never older than a tick. */
  readonly report: () => StatusReport
  /** Changes when sparklines have got another point. */
  readonly step: () => number
}

/** Ticks that a viewer who does not read is waited for. */
const PATIENCE = 10

/**
 * Those who watch, by server-sent events: `status` is a whole report, `change` what of it is not as it was (see {@link changesSince}),
 * `end` the last word. One timer serves all of them, while there are any; each message is made once.
 *
 * Nothing is kept for a viewer who reads too slowly: he misses what he can't take, gets a whole report next, and is dropped if he
 * takes nothing for ten ticks.
 */
export class Viewers {
  readonly #options: ViewersOptions
  readonly #all = new Set<Viewer>()
  #timer: unknown
  /** What all who keep up have been told; `null` before the first of them. */
  #told: StatusReport | null = null
  #step = 0

  constructor(options: ViewersOptions) {
    this.#options = options
  }

  /** A stream for one more; `null` if there are enough. */
  join({ cancel }: Exchange): StreamBody | null {
    if (this.#all.size >= this.#options.limit) return null
    const viewer = new Viewer()
    const leave = (reason: Error): void => viewer.body.fail(reason)
    cancel.add(leave)
    this.#all.add(viewer)
    if (this.#all.size === 1) {
      this.#tell(this.#options.report())
      this.#wait()
    }
    viewer.body.push(Buffer.from(`retry: 2000\n\n${message('status', this.#told)}`))
    viewer.body.onClose(() => {
      cancel.remove(leave)
      this.#all.delete(viewer)
      if (this.#all.size === 0) this.#options.clock.clearTimeout(this.#timer)
    })
    return viewer.body
  }

  /** Says a last word to all, and lets them go. */
  end(): void {
    for (const { body } of [...this.#all]) {
      body.push(Buffer.from(message('end', {})))
      body.end()
    }
  }

  #tick(): void {
    const before = this.#told!
    const now = this.#options.report()
    const whole = once(() => message('status', now))
    const change = this.#step === this.#options.step() ? changesSince(before, now) : null
    const part = change === null ? whole : once(() => message('change', change))
    this.#tell(now)
    for (const viewer of [...this.#all]) viewer.next(whole, part)
  }

  #tell(report: StatusReport): void {
    this.#told = report
    this.#step = this.#options.step()
  }

  #wait(): void {
    this.#timer = this.#options.clock.setTimeout(() => {
      this.#wait()
      this.#tick()
    }, this.#options.refreshMs)
  }
}

class Viewer {
  readonly body: StreamBody
  #paused = false
  /** Ticks that went past him. */
  #missed = 0

  constructor() {
    const source = {
      pause: () => {
        this.#paused = true
      },
      resume: () => {
        this.#paused = false
      },
      cancel: () => {},
    }
    this.body = new StreamBody(source, undefined)
  }

  next(whole: () => Buffer, part: () => Buffer): void {
    if (this.#paused) {
      if (++this.#missed >= PATIENCE)
        this.body.fail(new EdgeError('ERR_EDGE_CLIENT_CLOSED', 'a viewer of the status page does not read'))
      return
    }
    const text = this.#missed > 0 ? whole() : part()
    this.#missed = 0
    this.body.push(text)
  }
}

/** One server-sent event (WHATWG HTML §9.2); JSON has no line breaks of its own. */
function message(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

/** Made when the first one asks. */
function once(make: () => string): () => Buffer {
  let made: Buffer | null = null
  return () => {
    made ??= Buffer.from(make())
    return made
  }
}
