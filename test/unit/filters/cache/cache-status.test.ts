import { describe, expect, it } from 'vitest'
import { StatusWriter } from '../../../../src/filters/cache/cache-status.js'

describe('StatusWriter', () => {
  const status = new StatusWriter('Edge')

  it('tells of a hit and what is left of it', () => {
    expect(status.hit({}, 5)).toBe('Edge; hit; ttl=5')
    expect(status.hit({ 'cache-status': 'far; hit' }, -5)).toBe('far; hit, Edge; hit; ttl=-5')
  })

  it('tells why a request went on, and what became of it', () => {
    expect(status.forwarded({}, { why: 'uri-miss' })).toBe('Edge; fwd=uri-miss')
    expect(status.forwarded({}, { why: 'stale', status: 200, stored: true, collapsed: true, detail: 'x' })).toBe(
      'Edge; fwd=stale; fwd-status=200; stored; collapsed; detail=x',
    )
  })

  it('quotes a name that is no token', () => expect(new StatusWriter('1 a').hit({}, 0)).toBe('"1 a"; hit; ttl=0'))
})
