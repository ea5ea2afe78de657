import { EdgeError, type EdgeEvents, EventHub, type EventLogOptions, eventLog } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../support/index.js'
import { asked } from '../../asked.js'

interface Line {
  readonly level: string
  readonly fields: Record<string, unknown>
  readonly message: string
}

function logging(options: Partial<EventLogOptions> = {}) {
  const events = new EventHub()
  const clock = fakeClock()
  const lines: Line[] = []
  const at = (level: string) => (fields: object, message?: string) =>
    void lines.push({ level, fields: fields as Line['fields'], message: message ?? '' })
  const logger = { info: at('info'), warn: at('warn'), error: at('error') }
  return { events, clock, lines, log: eventLog({ logger, events, clock, ...options }) }
}

type Row = {
  [K in keyof EdgeEvents]: readonly [name: K, event: EdgeEvents[K], level: string, message: string]
}[keyof EdgeEvents]

const ROWS: readonly Row[] = [
  [
    'endpoint',
    { pool: 'users', endpoint: 'http://10.0.0.1:3000', change: 'down', why: '3 probes failed' },
    'error',
    'endpoint http://10.0.0.1:3000 of pool users is down: 3 probes failed',
  ],
  [
    'endpoint',
    { pool: 'users', endpoint: 'b', change: 'weight', why: '2' },
    'info',
    'endpoint b of pool users has another weight: 2',
  ],
  [
    'pool',
    { pool: 'users', change: 'panic', why: '1 of 4' },
    'error',
    'pool users has too few endpoints that are well, and uses them all: 1 of 4',
  ],
  ['store', { store: 'redis', change: 'down', why: 'ECONNREFUSED' }, 'error', 'store redis is not there: ECONNREFUSED'],
  [
    'ban',
    { key: '192.0.2.1', change: 'banned', why: '20 × 401', untilMs: 0, offence: 1 },
    'warn',
    '192.0.2.1 is banned until 1970-01-01T00:00:00.000Z: 20 × 401',
  ],
  [
    'ban',
    { key: '192.0.2.1', change: 'lifted', why: '', untilMs: 0, offence: 1 },
    'info',
    '192.0.2.1 is no longer banned',
  ],
  [
    'overload',
    { change: 'shedding', why: 'event loop 120 ms late', shed: 1 },
    'warn',
    'this process turns requests away: event loop 120 ms late',
  ],
  [
    'overload',
    { change: 'calm', why: 'nothing had to be shed', shed: 40 },
    'info',
    'this process turns no more requests away, after 40: nothing had to be shed',
  ],
  [
    'certificate',
    { change: 'kept', names: ['a.test', 'b.test'], why: 'ENOENT' },
    'error',
    'certificates for a.test, b.test could not be read, and the old ones stay: ENOENT',
  ],
  [
    'keys',
    { source: 'https://id.test/jwks', change: 'stale', why: '503' },
    'warn',
    'https://id.test/jwks could not be asked, and the old keys stay: 503',
  ],
  [
    'configuration',
    { source: 'edge.yaml', change: 'loaded', why: 'the file changed' },
    'info',
    'edge.yaml is in force as it is now: the file changed',
  ],
  [
    'configuration',
    { source: 'edge.yaml', change: 'kept', why: 'edge.yaml:3:5 routes[0].path: a path\nedge.yaml:9:1 x: unknown' },
    'error',
    'edge.yaml is not in force, and what was stays: edge.yaml:3:5 routes[0].path: a path; edge.yaml:9:1 x: unknown',
  ],
  [
    'admin',
    { exchange: asked('/'), who: 'ada', action: 'drain', subject: 'users b', input: {}, result: 'done' },
    'info',
    'ada asked for drain of users b: done',
  ],
  [
    'admin',
    { exchange: asked('/'), who: null, action: 'reload', subject: '', input: {}, result: 'failed' },
    'warn',
    'somebody asked for reload: failed',
  ],
  ['shutdown', { change: 'begun', reason: 'SIGTERM', report: null }, 'info', 'shutting down: SIGTERM'],
  [
    'shutdown',
    { change: 'done', reason: 'SIGTERM', report: { reason: 'SIGTERM', requests: 2, tunnels: 1, cut: 1, tookMs: 9 } },
    'warn',
    'shut down',
  ],
  ['gateway', { change: 'reloaded' }, 'info', 'the gateway goes by other routes from now on'],
  ['fault', { where: 'onSettled', error: new TypeError('boom') }, 'error', 'onSettled failed: boom'],
]

/** Every text in a value, however deep. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

describe('eventLog', () => {
  it.each(ROWS)('writes a line for people of %s %j', (name, event, level, message) => {
    const { events, lines } = logging()
    events.emit(name, event as never)
    expect(lines.map((line) => [line.level, line.message, line.fields['event']])).toEqual([[level, message, name]])
  })

  it('gives programs the event’s own fields', () => {
    const { events, lines } = logging()
    events.emit('endpoint', { pool: 'users', endpoint: 'b', change: 'up', why: 'it answers' })
    expect(lines[0]!.fields).toEqual({
      event: 'endpoint',
      pool: 'users',
      endpoint: 'b',
      change: 'up',
      why: 'it answers',
    })
  })

  it('H-195 can’t be forged by what an upstream or an error says', () => {
    const { events, lines } = logging()
    const evil = 'a\r\n{"level":50}\u001b[2J\u2028'
    events.emit('endpoint', { pool: 'users', endpoint: 'b', change: 'down', why: evil })
    events.emit('fault', { where: 'x', error: new EdgeError('ERR_EDGE_STORE', evil) })
    events.emit('fault', { where: 'x', error: evil })
    const texts = lines.flatMap(({ fields, message }) => [message, ...textsIn(fields)])
    expect(texts.length).toBeGreaterThan(10)
    for (const text of texts) expect(text).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u)
    expect(lines[1]!.fields['err']).toMatchObject({ type: 'EdgeError', code: 'ERR_EDGE_STORE' })
  })

  it('keeps a flood down to its number', async () => {
    const { events, lines, clock } = logging({ limit: 3, windowMs: 1_000 })
    for (let at = 0; at < 1_000; at++) events.emit('fault', { where: 'x', error: new Error('again') })
    events.emit('gateway', { change: 'closing' })
    expect(lines).toHaveLength(4)
    await clock.advance(1_000)
    expect(lines.at(-1)).toEqual({
      level: 'warn',
      fields: { event: 'fault', leftOut: 997 },
      message: '997 more events "fault" are left out',
    })
  })

  it('tells a logger that fails as a fault, and no more than that', async () => {
    for (const fail of [
      () => {
        throw new Error('disk full')
      },
      () => Promise.reject(new Error('disk full')) as never,
    ]) {
      const logger = { info: fail, warn: fail, error: fail }
      const { events } = logging({ logger })
      const faults: string[] = []
      events.on('fault', ({ where }) => faults.push(where))
      events.emit('gateway', { change: 'closed' })
      await new Promise((resolve) => setImmediate(resolve))
      expect(faults).toEqual(['eventLog'])
    }
  })

  it('stops with no listener and no timer left, and tells what it has kept back', () => {
    const { events, clock, lines, log } = logging({ limit: 1 })
    for (let at = 0; at < 3; at++) events.emit('gateway', { change: 'closing' })
    log.close()
    log[Symbol.dispose]()
    expect([clock.pending, events.has('gateway'), events.has('fault'), lines.length]).toEqual([0, false, false, 2])
  })

  it.each([
    [{}, 'option "logger"'],
    [{ logger: {} }, 'info, warn and error'],
    [{ logger: console, limt: 1 }, 'Did you mean "limit"?'],
    [{ logger: console, windowMs: 0 }, 'option "windowMs"'],
  ])('refuses %j', (options, message) => expect(() => eventLog(options as never)).toThrow(message))
})
