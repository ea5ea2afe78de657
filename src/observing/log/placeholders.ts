import type { LogLevel } from './level.js'
import type { AccessRecord } from './record.js'
import { commonTime, isoTime } from './stamps.js'
import type { Timers } from './timers.js'

/** Reads what stands at a placeholder; `undefined` becomes `-`. */
export type Read = (record: AccessRecord, time: number, level: LogLevel) => string | number | undefined

/** A phase that was never reached is -1, as in HAProxy's log. */
const timer =
  (name: keyof Timers): Read =>
  ({ times }) =>
    times[name] ?? -1

/** What usually stands without quotes, so that a space in it would begin the next field. */
export const WORDS: ReadonlySet<string> = new Set(['principal', 'consumer'])

/** What a template may name. */
export const PLACEHOLDERS: Readonly<Record<string, Read>> = {
  time: (_, time) => isoTime(time),
  'time.local': (_, time) => commonTime(time),
  level: (_, __, level) => level,
  route: ({ route }) => route,
  method: ({ method }) => method,
  path: ({ path }) => path,
  query: ({ query }) => query,
  target: ({ path, query }) => (query === undefined ? path : `${path}?${query}`),
  host: ({ host }) => host,
  protocol: ({ protocol }) => protocol,
  status: ({ status }) => status,
  'client.address': ({ client }) => client.address || undefined,
  userAgent: ({ userAgent }) => userAgent,
  referer: ({ referer }) => referer,
  principal: ({ principal }) => principal,
  consumer: ({ consumer }) => consumer,
  requestId: ({ requestId }) => requestId,
  pool: ({ pool }) => pool,
  endpoint: ({ endpoint }) => endpoint,
  attempts: ({ attempts }) => attempts ?? 0,
  cache: ({ cache }) => cache,
  limits: ({ limits }) => limits?.join(),
  'denied.filter': ({ denied }) => denied?.filter,
  'denied.why': ({ denied }) => denied?.why,
  'times.request': timer('request'),
  'times.queue': timer('queue'),
  'times.connect': timer('connect'),
  'times.response': timer('response'),
  'times.data': timer('data'),
  'times.total': timer('total'),
  termination: ({ termination }) => termination,
  'bytes.in': ({ bytes }) => bytes.in,
  'bytes.out': ({ bytes }) => bytes.out,
  error: ({ error }) => error,
  'tunnel.closeCode': ({ tunnel }) => tunnel?.closeCode ?? undefined,
  'tunnel.closedBy': ({ tunnel }) => tunnel?.closedBy,
  'tunnel.frames.in': ({ tunnel }) => tunnel?.frames.in,
  'tunnel.frames.out': ({ tunnel }) => tunnel?.frames.out,
}
