import { describe, expect, it } from 'vitest'
import { changeHeaders, emptyHeaders, fieldValue, toHeaders } from '../../../src/http/header-map.js'

/** A name like any other here; spelled out, it would be the accessor. */
const PROTO = '__proto__'

describe('header maps', () => {
  it('H-154 have no inherited names, and take __proto__ as a name like any other', () => {
    const headers = emptyHeaders()
    expect([headers['constructor'], headers['toString'], headers[PROTO]]).toEqual([undefined, undefined, undefined])
    headers[PROTO] = 'value'
    expect(Object.keys(headers)).toEqual(['__proto__'])
    expect(changeHeaders(headers, {})[PROTO]).toBe('value')
    expect(toHeaders(JSON.parse('{"__proto__": "x", "constructor": "y"}'))).toMatchObject({ constructor: 'y' })
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    expect(Object.keys(toHeaders(JSON.parse('{"__proto__": "x"}')))).toEqual(['__proto__'])
  })

  it('toHeaders lower-cases names, spells numbers and leaves undefined out', () => {
    const headers = toHeaders({ 'X-A': 'a', N: 5, Gone: undefined, 'Set-Cookie': ['a=1', 'b=2'] })
    expect({ ...headers }).toEqual({ 'x-a': 'a', n: '5', 'set-cookie': ['a=1', 'b=2'] })
  })

  it('changeHeaders makes a changed copy and leaves the origin alone', () => {
    const origin = Object.freeze(toHeaders({ a: '1', b: '2' }))
    const changed = changeHeaders(origin, { a: '3', b: undefined, c: '4' })
    expect({ ...changed }).toEqual({ a: '3', c: '4' })
    expect({ ...origin }).toEqual({ a: '1', b: '2' })
  })

  it('fieldValue joins the lines of a repeated field', () => {
    expect(fieldValue({ a: ['1', '2'] }, 'a')).toBe('1, 2')
    expect(fieldValue({ a: '1' }, 'a')).toBe('1')
    expect(fieldValue(emptyHeaders(), 'a')).toBeUndefined()
  })
})
