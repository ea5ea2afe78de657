import { type EventHub, events as sharedEvents } from '../../events.js'
import type { Exchange } from '../../exchange.js'
import type { Milliseconds } from '../../options.js'
import type { Outcome } from '../../outcome.js'
import { compileRedactor } from '../redact.js'
import { type AccessLogOptions, checkAccessLogOptions, FACTORY } from './access-log-options.js'
import { Batch } from './batch.js'
import { type LogLevel, levelOf } from './level.js'
import { takeNotes } from './notes.js'
import { type Output, outputOf } from './output.js'
import { OwnFields } from './own-fields.js'
import { makeRecord, type RecordRules } from './record.js'
import { compileSample } from './sampling.js'

/** A log that is being written. */
export interface AccessLog extends Disposable {
  /** Records that a slow or broken stream did not take. */
  readonly dropped: number
  /** Stops. What waits for a stream is handed on; the stream stays open. */
  close(): void
}

/**
 * Writes one record for each exchange, once it has settled: its last byte has left, or all is lost; a WebSocket is closed. It hears of them by events,
 * so that it stands in no chain and no request waits for it.
 *
 * Secrets are kept out, what a client sends can't forge or end a line (H-195), and a log that fails disturbs nobody: it is told as a `fault`.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const log = accessLog({ logger: pino() })
 * const lines = accessLog({ stream: process.stdout, format: 'combined' })
 * ```
 */
export function accessLog(options: AccessLogOptions): AccessLog {
  checkAccessLogOptions(options)
  const { events = sharedEvents, connections = false, maxValueLength = 1_024 } = options
  const { sample = 1, slowMs = 1_000, random = Math.random, now = Date.now } = options
  const report = (error: unknown): void => events.emit('fault', { where: FACTORY, error })
  const redactor = compileRedactor(FACTORY, options.redact)
  const output = outputOf(options, report)
  const headers = [...new Set([...(options.logHeaders ?? []).map((name) => name.toLowerCase()), ...output.headers])]
  const rules: RecordRules = { clean: output.clean, redactor, headers }
  const own = options.fields === undefined ? null : new OwnFields(options.fields, redactor, maxValueLength, report)
  const share = compileSample(sample, slowMs, random)

  const write = ({ exchange, outcome, level, rate, time }: Settled): void => {
    try {
      output.write(makeRecord(exchange, outcome, rules, rate), level, time, own?.of(exchange, outcome))
    } catch (error) {
      report(error)
    }
  }
  const batch = new Batch(write)
  const log = (exchange: Exchange, outcome: Outcome): void => {
    try {
      const level = levelOf(outcome)
      const rate = share(exchange, outcome, level)
      if (rate === 0) return
      const settled = { exchange, outcome, level, rate, time: now() }
      if (output.gathers) batch.add(settled)
      else write(settled)
    } catch (error) {
      report(error)
    }
  }
  return new Subscription(events, log, connections, output, batch)
}

/** An exchange that is to be logged, and when it settled. */
interface Settled {
  readonly exchange: Exchange
  readonly outcome: Outcome
  readonly level: LogLevel
  readonly rate: number
  readonly time: Milliseconds
}

class Subscription implements AccessLog {
  readonly #ends: readonly (() => void)[]
  readonly #output: Output
  readonly #batch: Batch<Settled>

  constructor(
    events: EventHub,
    log: (exchange: Exchange, outcome: Outcome) => void,
    connections: boolean,
    output: Output,
    batch: Batch<Settled>,
  ) {
    const heard = ({ exchange, outcome }: { readonly exchange: Exchange; readonly outcome: Outcome }): void =>
      log(exchange, outcome)
    const ends = [takeNotes(events, connections), events.on('exchange', heard)]
    this.#ends = connections ? [...ends, events.on('connection', heard)] : ends
    this.#output = output
    this.#batch = batch
  }

  get dropped(): number {
    return this.#output.dropped
  }

  close(): void {
    for (const end of this.#ends) end()
    this.#batch.flush()
    this.#output.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }
}
