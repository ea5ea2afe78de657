import { describe, expect, it } from 'vitest'
import { listHas, listMembers, splitUnquoted } from '../../../src/http/field-list.js'

describe('listMembers', () => {
  it.each([
    ['', []],
    [',, , x', ['x']],
    ['a, b\t,c', ['a', 'b', 'c']],
    [' a ', ['a']],
  ])('H-052 %j has the members %j', (value, members) => {
    expect(listMembers(value)).toEqual(members)
  })

  it('H-052 costs next to nothing for ten thousand members, empty ones too', () => {
    const before = process.cpuUsage()
    expect(listMembers('a,'.repeat(10_000))).toHaveLength(10_000)
    expect(listMembers(', '.repeat(100_000))).toHaveLength(0)
    expect(process.cpuUsage(before).user).toBeLessThan(500_000)
  })
})

describe('listHas', () => {
  it.each([
    ['trailers', true],
    ['Trailers', true],
    ['deflate, TRAILERS', true],
    ['trailers;q=1', false],
    ['x-trailers', false],
    ['trailer', false],
    ['', false],
  ])('H-053 whether %j holds trailers: %s', (value, holds) => {
    expect(listHas(value, 'trailers')).toBe(holds)
  })
})

describe('splitUnquoted', () => {
  it.each([
    ['a;b', ['a', 'b']],
    ['a="x;y";b', ['a="x;y"', 'b']],
    ['a="x\\";y";b', ['a="x\\";y"', 'b']],
    ['a="open;b', ['a="open;b']],
    ['', ['']],
    [';', ['', '']],
  ])('H-063 splits %j outside quoted strings', (text, parts) => {
    expect(splitUnquoted(text, ';')).toEqual(parts)
  })
})
