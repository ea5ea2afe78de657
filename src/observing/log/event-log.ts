import { type EdgeEvents, type EventHub, events as sharedEvents } from '../../events.js'
import { check, checkOptions, type Milliseconds, optionError } from '../../options.js'
import type { Clock } from '../../upstream/clock.js'
import type { Logger } from '../logger.js'
import { plainValue } from '../plain.js'
import { EVENT_LINES, type EventLine, type LoggedEvent } from './event-lines.js'
import type { LogLevel } from './level.js'
import { caught, checkLogger } from './logging.js'
import { Spate } from './spate.js'

export interface EventLogOptions {
  /** Takes what happens: pino, winston, or anything of their shape. */
  readonly logger: Logger
  /** Where it happens. @default the shared `events` */
  readonly events?: EventHub | undefined
  /** Lines of one kind of event in `windowMs`; of more only their number is told. @default 100 */
  readonly limit?: number | undefined
  /** The time that `limit` is for. @default 10_000 */
  readonly windowMs?: Milliseconds | undefined
  /** Timers that end a window. @default real time */
  readonly clock?: Clock | undefined
}

/** A log that is being written. */
export interface EventLog extends Disposable {
  close(): void
}

const MAX_TEXT = 1_024

/**
 * Writes a line for whatever an operator wants to read besides requests, as in HAProxy's log: endpoints that go down, come up, drain or change weight, pools
 * in panic, stores that are gone, bans, overload, certificates, keys, a configuration that is followed, a gateway that closes
 * or reloads, and faults.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const log = eventLog({ logger: pino() })
 * // {"level":50,"event":"endpoint","pool":"users","endpoint":"10.0.0.1:3000","change":"down",
 * //  "msg":"endpoint 10.0.0.1:3000 of pool users is down: 3 probes failed"}
 * ```
 */
export function eventLog(options: EventLogOptions): EventLog {
  checkOptions('eventLog', options, {
    logger: checkLogger,
    events: check.object,
    limit: check.whole(1, 1_000_000),
    windowMs: check.duration,
    clock: check.object,
  })
  const { logger, events = sharedEvents, limit = 100, windowMs = 10_000, clock } = options
  if (logger === undefined) throw optionError('eventLog', 'logger', undefined, 'a logger')
  const write = (level: LogLevel, event: LoggedEvent, fields: object, message: string): void => {
    // A logger that fails is a fault; if it fails with that, too, there is nobody left to tell by it.
    const failed = (error: unknown): void => {
      if (event !== 'fault') events.emit('fault', { where: 'eventLog', error })
    }
    try {
      caught(logger[level]({ event, ...fields }, message), failed)
    } catch (error) {
      failed(error)
    }
  }
  const spate = new Spate<LoggedEvent>(
    limit,
    windowMs,
    (event, leftOut) => write('warn', event, { leftOut }, `${leftOut} more events "${event}" are left out`),
    clock,
  )
  const ends = (Object.keys(EVENT_LINES) as LoggedEvent[]).map((name) => {
    const describe = EVENT_LINES[name] as (event: EdgeEvents[LoggedEvent]) => EventLine
    return events.on(name, (event) => {
      if (!spate.pass(name)) return
      const { level, message, fields } = describe(event)
      write(level, name, plainValue(fields, MAX_TEXT, () => null) as object, message)
    })
  })
  const close = (): void => {
    for (const end of ends) end()
    spate.end()
  }
  return { close, [Symbol.dispose]: close }
}
