import { addressList, EdgeError } from 'edgewise'
import { describe, expect, it } from 'vitest'

describe('an address list', () => {
  it('can be replaced while it is in use', () => {
    const list = addressList(['203.0.113.0/24', 'loopback'])
    expect([list.size, list.has('203.0.113.7'), list.has('::1'), list.has('192.0.2.1')]).toEqual([2, true, true, false])
    list.replace(['192.0.2.1'])
    expect([list.size, list.has('203.0.113.7'), list.has('::1'), list.has('192.0.2.1')]).toEqual([
      1,
      false,
      false,
      true,
    ])
  })

  it('stays as it was when a new one is wrong', () => {
    const list = addressList(['192.0.2.1', 'unix'])
    expect(() => list.replace(['198.51.100.1', 'nonsense'])).toThrow(EdgeError)
    expect(() => list.replace('192.0.2.2' as never)).toThrow(/addressList.replace.*an array of strings/)
    expect([list.size, list.has('192.0.2.1'), list.has('198.51.100.1'), list.has('')]).toEqual([2, true, false, true])
  })

  it('holds peers without an address only if told so', () => {
    expect([addressList(['unix']).has(''), addressList(['0.0.0.0/0', '::/0']).has(''), addressList().has('')]).toEqual([
      true,
      false,
      false,
    ])
  })

  it('finds among 100,000 entries what it finds among ten', () => {
    const entries = Array.from(
      { length: 100_000 },
      (_, at) => `10.${(at >> 9) & 255}.${(at >> 1) & 255}.${(at & 1) * 128}/26`,
    )
    const list = addressList(entries)
    expect([
      list.size,
      list.has('10.0.0.63'),
      list.has('10.0.0.64'),
      list.has('10.195.79.191'),
      list.has('10.195.79.192'),
      list.has('10.195.80.1'),
    ]).toEqual([100_000, true, false, true, false, false])
  })
})
