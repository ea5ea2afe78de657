import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type EdgeErrorCode, ERROR_TABLE } from '../../../../src/errors.js'
import { terminationState } from '../../../../src/observing/log/termination-state.js'
import { type Odd, outcomeOf } from './outcomes.js'

const nobody = { attempts: [] }
const tunnel = {
  closeCode: 1006,
  closedBy: 'edge' as const,
  bytes: { in: 0, out: 0 },
  frames: { in: 0, out: 0 },
  messages: { in: 0, out: 0 },
}

const ROWS: readonly (readonly [what: string, odd: Odd, state: string])[] = [
  ['all went well', {}, '--'],
  [
    'the client left while its request was read',
    { who: 'client', phase: 'request', error: 'ERR_EDGE_CLIENT_CLOSED', times: { requestRead: null }, ...nobody },
    'CR',
  ],
  ['the client left the queue', { who: 'client', phase: 'request', error: 'ERR_EDGE_CLIENT_CLOSED', ...nobody }, 'CQ'],
  [
    'the client left while an endpoint was thinking',
    { who: 'client', phase: 'request', error: 'ERR_EDGE_CLIENT_CLOSED' },
    'CH',
  ],
  ['the client left in the reply', { who: 'client', phase: 'data', error: 'ERR_EDGE_CLIENT_CLOSED' }, 'CD'],
  ['the client of a handshake left', { status: null, phase: 'request' }, 'CH'],
  ['the client was too slow to read', { who: 'client', phase: 'data', error: 'ERR_EDGE_CLIENT_STALLED' }, 'cD'],
  ['the client was too slow to send', { who: 'client', error: 'ERR_EDGE_REQUEST_TIMEOUT' }, 'cR'],
  ['the client sent too much', { who: 'client', error: 'ERR_EDGE_BODY_TOO_LARGE' }, 'PR'],
  ['the queue was full', { who: 'edge', error: 'ERR_EDGE_QUEUE_FULL', ...nobody }, 'RQ'],
  ['the wait was too long', { who: 'edge', error: 'ERR_EDGE_QUEUE_TIMEOUT', ...nobody }, 'sQ'],
  ['there was no endpoint', { who: 'upstream', error: 'ERR_EDGE_NO_ENDPOINT', ...nobody }, 'SC'],
  ['the endpoint refused', { who: 'upstream', error: 'ERR_EDGE_CONNECT' }, 'SC'],
  ['the endpoint did not answer the call', { who: 'upstream', error: 'ERR_EDGE_CONNECT_TIMEOUT' }, 'sC'],
  ['the upstream died before its reply', { who: 'upstream', error: 'ERR_EDGE_UPSTREAM_RESET' }, 'SH'],
  ['the upstream died in its reply', { who: 'upstream', phase: 'data', error: 'ERR_EDGE_UPSTREAM_RESET' }, 'SD'],
  ['the upstream took too long', { who: 'upstream', error: 'ERR_EDGE_FIRST_BYTE_TIMEOUT' }, 'sH'],
  ['the upstream fell silent in its reply', { who: 'upstream', phase: 'data', error: 'ERR_EDGE_IDLE_TIMEOUT' }, 'sD'],
  ['the reply was refused', { who: 'upstream', error: 'ERR_EDGE_BAD_REPLY' }, 'PH'],
  ['the gateway closed', { who: 'edge', phase: 'data', error: 'ERR_EDGE_CLOSING' }, 'KD'],
  ['a filter threw', { who: 'edge', status: 500, ...nobody }, 'IR'],
  ['a tunnel was cut off by the edge', { who: 'edge', phase: 'data', status: 101, tunnel }, 'KD'],
  ['a tunnel broke at the upstream', { who: 'upstream', phase: 'data', status: 101, tunnel }, 'SD'],
]

describe('terminationState', () => {
  it.each(ROWS)('%s', (_what, odd, state) => expect(terminationState(outcomeOf(odd))).toBe(state))

  it('says PR of what a filter denied', () => {
    expect(terminationState(outcomeOf({ status: 403 }), { denied: true })).toBe('PR')
  })

  it('goes by an attempt that is still under way', () => {
    const left: Odd = { who: 'client', phase: 'request', error: 'ERR_EDGE_CLIENT_CLOSED', ...nobody }
    expect(terminationState(outcomeOf(left), { asked: true })).toBe('CH')
  })

  it('has two letters for every failure, and the page has each of them', () => {
    const page = readFileSync(new URL('../../../../docs/logging.md', import.meta.url), 'utf8')
    for (const error of Object.keys(ERROR_TABLE) as EdgeErrorCode[]) {
      const state = terminationState(outcomeOf({ error, who: ERROR_TABLE[error].source }))
      expect(state).toMatch(/^[CcSsPRIK][RQCHD]$/)
      expect(page).toContain(`| \`${state[0]}\` `)
    }
  })
})
