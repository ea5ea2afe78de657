import { describe, expect, it } from 'vitest'
import { byBlame, bySymptoms, nameOf, type Verdict } from '../../../src/health/verdict.js'
import { type Attempt, outcome } from './attempts.js'

const symptoms = bySymptoms(true, [])
const statuses = bySymptoms(true, [502, 503])
const patient = bySymptoms(false, (status) => status === 500)

/** What, and what it means by blame, by symptoms, with statuses listed, and with a test of statuses but without time-outs. */
const ROWS: readonly (readonly [what: string, Attempt, Verdict, Verdict, Verdict, Verdict])[] = [
  ['a connection, at layer 4', {}, 'good', 'good', 'good', 'good'],
  ['a 200', { status: 200 }, 'good', 'good', 'good', 'good'],
  ['H-109 a 101', { status: 101 }, 'good', 'good', 'good', 'good'],
  ['a 304', { status: 304 }, 'good', 'good', 'good', 'good'],
  ...[400, 401, 404, 408, 429, 499].map(
    (status) => [`H-109 a ${status}`, { status }, 'good', 'good', 'good', 'good'] as const,
  ),
  ['a 500', { status: 500 }, 'bad', 'good', 'good', 'bad'],
  ['a 503', { status: 503 }, 'bad', 'good', 'bad', 'good'],
  ['a refused connection', { error: 'ERR_EDGE_CONNECT' }, 'bad', 'bad', 'bad', 'bad'],
  ['a connect time-out', { error: 'ERR_EDGE_CONNECT_TIMEOUT' }, 'bad', 'bad', 'bad', 'bad'],
  ['a TLS failure', { error: 'ERR_EDGE_TLS' }, 'bad', 'bad', 'bad', 'bad'],
  ['a reset', { error: 'ERR_EDGE_UPSTREAM_RESET' }, 'bad', 'bad', 'bad', 'bad'],
  ['a reset in the body', { status: 200, error: 'ERR_EDGE_UPSTREAM_RESET' }, 'bad', 'bad', 'bad', 'bad'],
  ['a reset of a stale connection', { error: 'ERR_EDGE_UPSTREAM_RESET', reused: true }, 'none', 'none', 'none', 'none'],
  ['H-109 no first byte in time', { error: 'ERR_EDGE_FIRST_BYTE_TIMEOUT' }, 'bad', 'bad', 'bad', 'none'],
  ['H-109 a body that stands still', { status: 200, error: 'ERR_EDGE_IDLE_TIMEOUT' }, 'bad', 'bad', 'bad', 'none'],
  ['a reply that is no HTTP', { error: 'ERR_EDGE_BAD_REPLY' }, 'bad', 'none', 'none', 'none'],
  ['H-109 a client that left', { error: 'ERR_EDGE_CLIENT_CLOSED' }, 'none', 'none', 'none', 'none'],
  [
    'H-109 a client that left a reply',
    { status: 200, error: 'ERR_EDGE_CLIENT_CLOSED' },
    'none',
    'none',
    'none',
    'none',
  ],
  ['H-109 a client that stalls', { status: 200, error: 'ERR_EDGE_CLIENT_STALLED' }, 'none', 'none', 'none', 'none'],
  ['a deadline over all attempts', { error: 'ERR_EDGE_TOTAL_TIMEOUT' }, 'none', 'none', 'none', 'none'],
  ['a request that cannot be sent', { error: 'ERR_EDGE_BAD_VALUE' }, 'none', 'none', 'none', 'none'],
]

describe('the verdict on an attempt', () => {
  it.each(ROWS)('of %s', (_what, attempt, ...verdicts) => {
    const seen = outcome(attempt)
    expect([byBlame, symptoms, statuses, patient].map((judge) => judge(seen))).toEqual(verdicts)
  })

  it('H-109 stays good for a 4xx that somebody lists', () => {
    expect(bySymptoms(true, () => true)(outcome({ status: 429 }))).toBe('good')
  })

  it('has a name', () => {
    expect(nameOf(outcome({ status: 503 }))).toBe('status 503')
    expect(nameOf(outcome({ status: 200, error: 'ERR_EDGE_UPSTREAM_RESET' }))).toBe('ERR_EDGE_UPSTREAM_RESET')
  })
})
