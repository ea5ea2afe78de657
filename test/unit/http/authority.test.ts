import { describe, expect, it } from 'vitest'
import { parseAuthority } from '../../../src/http/authority.js'

const LABEL = 'a'.repeat(63)

describe('parseAuthority', () => {
  it.each([
    ['a', 'a', null],
    ['A.Example.COM', 'a.example.com', null],
    ['a.example.com:8080', 'a.example.com', 8080],
    ['a.', 'a', null],
    ['a.:80', 'a', 80],
    ['a:00080', 'a', 80],
    ['a:0', 'a', 0],
    ['a:65535', 'a', 65_535],
    ['127.0.0.1:80', '127.0.0.1', 80],
    ['[::1]', '[::1]', null],
    ['[2001:DB8::1]:443', '[2001:db8::1]', 443],
    ['_dmarc.a_b.example', '_dmarc.a_b.example', null],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example', null],
    [LABEL, LABEL, null],
  ])('H-013 %s is host %s, port %s', (field, host, port) => {
    expect(parseAuthority(field)).toEqual({ host, port })
  })

  it.each([
    '',
    ' ',
    '.',
    'a b',
    'a,b',
    'a/../evil',
    'good@evil',
    'user:pw@a',
    'a#',
    'a?',
    'a\\b',
    'a\tb',
    'a\0',
    'a..b',
    '.a',
    '-a',
    'a-',
    'a:',
    'a:x',
    'a:-1',
    'a:99999',
    'a:80:80',
    'a:123456',
    '[::1',
    '::1',
    '[::1]x',
    '[::1].',
    '[gg::]',
    '[::1]:',
    'bücher.example',
    `${LABEL}a`,
    Array(9).fill('a'.repeat(30)).join('.'),
    'a%2eb',
    'http://a',
  ])('H-013 %j is no authority', (field) => {
    expect(parseAuthority(field)).toBeNull()
  })

  it('H-042 remembers answers without mixing them up, however many there are', () => {
    for (let at = 0; at < 2_000; at++) expect(parseAuthority(`h${at}:${at}`)).toEqual({ host: `h${at}`, port: at })
    expect(parseAuthority('h1:1')).toEqual({ host: 'h1', port: 1 })
  })
})
