import type { StreamBody } from '../../body.js'
import type { Exchange } from '../../exchange.js'
import type { Reply } from '../../reply.js'
import type { Pool } from '../../upstream/pool.js'
import type { Change } from './changes.js'
import { formReply } from './form-reply.js'
import { pageOf } from './page/document.js'
import type { StatusReport } from './report.js'
import { Reporter } from './reporter.js'
import type { StatusPageSettings } from './status-options.js'
import { STEPS } from './track.js'
import { Viewers } from './viewers.js'

/** Everything is looked at once a tick at most, and written down once in each form, however many ask (H-197). */
export class Board {
  readonly #settings: StatusPageSettings
  readonly #reporter: Reporter
  readonly #viewers: Viewers
  #timer: unknown
  #closed = false
  #steps = 0
  #report: StatusReport | null = null
  #lookedAt = -Infinity
  #html: Reply | null = null
  #json: Reply | null = null

  constructor(settings: StatusPageSettings) {
    const { clock, refreshMs, maxViewers } = settings
    this.#settings = settings
    this.#reporter = new Reporter(settings, (change) => this.#heard(change))
    this.#viewers = new Viewers({
      limit: maxViewers,
      refreshMs,
      clock,
      report: () => this.report,
      step: () => this.#steps,
    })
    this.#wait()
  }

  /** How everything is, or was less than a tick ago. */
  get report(): StatusReport {
    const now = this.#settings.now()
    // A timer may come a little early.
    if (this.#report === null || now - this.#lookedAt >= this.#settings.refreshMs * 0.9) {
      this.#lookedAt = now
      this.#report = this.#reporter.report()
      this.#html = null
      this.#json = null
    }
    return this.#report
  }

  /** Those there are now. */
  get pools(): readonly Pool[] {
    return this.#reporter.pools
  }

  get html(): Reply {
    const { report } = this
    this.#html ??= formReply('html', pageOf(report, this.#settings.authorize !== null))
    return this.#html
  }

  get json(): Reply {
    const { report } = this
    this.#json ??= formReply('json', JSON.stringify(report))
    return this.#json
  }

  /** What one more viewer reads; `null` if as many watch as may. */
  watch(exchange: Exchange): StreamBody | null {
    return this.#closed ? null : this.#viewers.join(exchange)
  }

  close(): void {
    this.#closed = true
    this.#settings.clock.clearTimeout(this.#timer)
    this.#viewers.end()
    this.#reporter.close()
  }

  #heard({ kind, change }: Change): void {
    // A gateway that drains would wait for them. Whoever watches another one comes back by himself.
    if (kind === 'gateway' && change === 'closing') this.#viewers.end()
  }

  #wait(): void {
    this.#timer = this.#settings.clock.setTimeout(() => {
      this.#wait()
      this.#reporter.mark()
      this.#steps++
    }, this.#settings.historyMs / STEPS)
  }
}
