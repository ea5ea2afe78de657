import { expect, it } from 'vitest'
import { toHeaders } from '../../../../src/http/header-map.js'
import { droppedFields } from '../../../../src/observing/explain/dropped.js'

it('tells of each field that did not come through why, once, and of pseudo-fields nothing', () => {
  const raw = [
    ':path',
    '/',
    'Host',
    'a',
    'X-Forwarded-For',
    '1',
    'x-forwarded-for',
    '2',
    'Keep-Alive',
    '1',
    'X_Real_IP',
    '1',
    'X-Own',
    '1',
    'a_b',
    '1',
  ]
  const told = Object.fromEntries(droppedFields(raw, toHeaders({ host: 'a' })).map(({ name, why }) => [name, why]))
  expect(told).toEqual({
    'x-forwarded-for': 'the peer is not trusted to speak for others',
    'keep-alive': 'it ends at this hop',
    x_real_ip: 'upstreams may read it as a field that is set here',
    'x-own': 'Connection names it',
    a_b: 'names with "_" are dropped here',
  })
})
