import { describe, expect, it } from 'vitest'
import { listHas, listMembers, mediaType, splitUnquoted } from '../../../src/http/field-list.js'

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

describe('mediaType', () => {
  it.each([
    ['application/json', 'application/json', null],
    ['Application/JSON', 'application/json', null],
    ['application/json; charset=UTF-8', 'application/json', 'utf-8'],
    ['application/json ;charset="utf-8"', 'application/json', 'utf-8'],
    ['application/json;', 'application/json', null],
    ['text/plain; a=b; charset=latin1', 'text/plain', 'latin1'],
    ['application/vnd.api+json', 'application/vnd.api+json', null],
    ['multipart/form-data; boundary="a;b"', 'multipart/form-data', null],
  ])('H-203 %j is %s, charset %s', (field, type, charset) => {
    expect(mediaType(field)).toEqual({ type, charset })
  })

  it.each([
    undefined,
    '',
    'json',
    '/',
    'application/',
    '/json',
    'application/json garbage',
    'application/json\t; x',
    'application/json; x',
    'application/json; charset',
    'application/json; =utf-8',
    'application/json; charset=',
    'application/json; charset="utf-8',
    'application/json, text/html',
    'application/json; charset=utf-8, text/html',
    'text/html;charset=a b',
    'application/json\0',
    ' application/json x',
    'application/json; charset=utf-8 garbage',
    'application //json',
    'application/json;charset = utf-8',
  ])('H-203 %j is no media type', (field) => {
    expect(mediaType(field)).toBeNull()
  })

  it('H-203 costs linear time', () => {
    const before = process.cpuUsage()
    mediaType(`application/json${'; a="\\"'.repeat(20_000)}`)
    mediaType(`application/json${' '.repeat(100_000)}x`)
    expect(process.cpuUsage(before).user).toBeLessThan(1_000_000)
  })
})
