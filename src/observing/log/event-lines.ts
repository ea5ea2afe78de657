import { errorCode } from '../../errors.js'
import type { EdgeEvents } from '../../events.js'
import { plain } from '../plain.js'
import type { LogLevel } from './level.js'

/** The longest text of an event that is logged whole. */
const MAX = 1_024
/** Lines of a stack. */
const MAX_FRAMES = 20

/** One event for people, with how bad it is. */
export interface EventLine {
  readonly level: LogLevel
  readonly message: string
  /** What programs are told besides the event's name, as it came: not plain yet. */
  readonly fields: object
}

type Describe<T> = (event: T) => EventLine

const ENDPOINT: Readonly<Record<EdgeEvents['endpoint']['change'], readonly [LogLevel, string]>> = {
  added: ['info', 'has joined'],
  removed: ['info', 'has left'],
  up: ['info', 'is up'],
  down: ['error', 'is down'],
  drain: ['info', 'takes no new requests and finishes those it has'],
  ready: ['info', 'takes traffic again'],
  maintenance: ['info', 'is in maintenance'],
  weight: ['info', 'has another weight'],
  moved: ['info', 'has another place among priorities and zones'],
}

const POOL: Readonly<Record<EdgeEvents['pool']['change'], readonly [LogLevel, string]>> = {
  panic: ['error', 'has too few endpoints that are well, and uses them all'],
  calm: ['info', 'has enough endpoints that are well again'],
  stale: ['warn', 'keeps its last list of endpoints'],
}

const STORE: Readonly<Record<EdgeEvents['store']['change'], readonly [LogLevel, string]>> = {
  down: ['error', 'is not there'],
  up: ['info', 'is there again'],
  refused: ['warn', 'answered with an error'],
}

const KEYS: Readonly<Record<EdgeEvents['keys']['change'], readonly [LogLevel, string]>> = {
  loaded: ['info', 'has other keys'],
  stale: ['warn', 'could not be asked, and the old keys stay'],
  failed: ['error', 'could not be asked, and there are no keys'],
}

const CONFIGURATION: Readonly<Record<EdgeEvents['configuration']['change'], readonly [LogLevel, string]>> = {
  loaded: ['info', 'is in force as it is now'],
  kept: ['error', 'is not in force, and what was stays'],
}

const GATEWAY: Readonly<Record<EdgeEvents['gateway']['change'], string>> = {
  leaving: 'the gateway is about to leave: it still takes requests',
  closing: 'the gateway is closing: it takes no new requests',
  closed: 'the gateway has closed',
  reloaded: 'the gateway goes by other routes from now on',
}

/** What operators want to read of what happens beside requests. */
export const EVENT_LINES: { readonly [K in LoggedEvent]: Describe<EdgeEvents[K]> } = {
  endpoint: (event) => said(ENDPOINT[event.change], `endpoint ${event.endpoint} of pool ${event.pool}`, event),
  pool: (event) => said(POOL[event.change], `pool ${event.pool}`, event),
  store: (event) => said(STORE[event.change], `store ${event.store}`, event),
  ban: (event) => {
    if (event.change === 'lifted') return said(['info', 'is no longer banned'], event.key, event)
    const until = new Date(Math.min(event.untilMs, 8.64e15)).toISOString()
    return { ...said(['warn', `is banned until ${until}`], event.key, event), fields: { ...event, until } }
  },
  overload: (event) =>
    event.change === 'shedding'
      ? said(['warn', 'turns requests away'], 'this process', event)
      : said(['info', `turns no more requests away, after ${event.shed}`], 'this process', event),
  certificate: (event) =>
    event.change === 'loaded'
      ? said(['info', 'are in use as read again'], `certificates for ${event.names.join(', ')}`, event)
      : said(
          ['error', 'could not be read, and the old ones stay'],
          `certificates for ${event.names.join(', ')}`,
          event,
        ),
  configuration: (event) => {
    // A place a line.
    const why = event.why.replaceAll('\n', '; ')
    return { ...said(CONFIGURATION[event.change], event.source, { why }), fields: event }
  },
  keys: (event) => said(KEYS[event.change], event.source, event),
  admin: ({ exchange, ...event }) => {
    const what = `${event.who ?? 'somebody'} asked for ${event.action}${event.subject === '' ? '' : ` of ${event.subject}`}: ${event.result}`
    const fields = { ...event, client: exchange.client.address }
    return { level: event.result === 'done' ? 'info' : 'warn', message: plain(what, MAX), fields }
  },
  shutdown: ({ change, reason, report }) =>
    report === null
      ? { level: 'info', message: plain(`shutting down: ${reason}`, MAX), fields: { change, reason } }
      : { level: report.cut > 0 ? 'warn' : 'info', message: 'shut down', fields: { change, ...report } },
  gateway: (event) => ({ level: 'info', message: GATEWAY[event.change], fields: event }),
  fault: ({ where, error }) => {
    const err = failure(error)
    return { level: 'error', message: plain(`${where} failed: ${err.message}`, MAX), fields: { where, err } }
  },
}

/** Names of the events that {@link eventLog} writes. */
export type LoggedEvent =
  | 'endpoint'
  | 'pool'
  | 'store'
  | 'ban'
  | 'overload'
  | 'certificate'
  | 'configuration'
  | 'keys'
  | 'admin'
  | 'shutdown'
  | 'gateway'
  | 'fault'

function said([level, verb]: readonly [LogLevel, string], subject: string, event: { readonly why: string }): EventLine {
  const why = event.why === '' ? '' : `: ${event.why}`
  return { level, message: plain(`${subject} ${verb}${why}`, MAX), fields: event }
}

/** An error as data, so that no logger writes its stack as it is. */
function failure(error: unknown): { readonly message: string } & Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) }
  const code = errorCode(error)
  const stack = (error.stack ?? '').split('\n', MAX_FRAMES).map((line) => line.trim())
  return { type: error.name, message: error.message, ...(code === '' ? {} : { code }), stack }
}
