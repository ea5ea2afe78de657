import { describe, expect, it } from 'vitest'
import { FieldKind, field, isProtected } from '../../../src/http/fields.js'

describe('field', () => {
  it.each([
    'Keep-Alive',
    'proxy-connection',
    'HTTP2-Settings',
    'proxy-authorization',
    'proxy-authenticate',
    'trailer',
    'expect',
  ])('H-050 %s ends at this hop', (name) =>
    expect(field(name)).toMatchObject({ name: name.toLowerCase(), kind: FieldKind.hop }),
  )

  it.each([
    'X-Forwarded-For',
    'x-forwarded-uri',
    'X-Real-IP',
    'x-original-url',
    'true-client-ip',
    'CF-Pseudo-IPv4',
    'forwarded',
  ])('H-061 %s is a claim', (name) => expect(field(name).kind).toBe(FieldKind.forwarding))

  it.each(['accept', 'X-Anything', '__proto__', 'constructor', 'toString', '', '_'])(
    'H-154 %j is an ordinary field',
    (name) =>
      expect(field(name)).toMatchObject({
        name: name.toLowerCase(),
        kind: name.includes('_') ? FieldKind.underscored : undefined,
      }),
  )

  it.each(['X_Forwarded_For', 'x-forwarded_for', 'content_length', 'Transfer_Encoding', 'x_real-ip'])(
    'H-062 %s is an alias',
    (name) => expect(field(name).kind).toBe(FieldKind.alias),
  )

  it.each(['x_mine', 'x_forwarded_for_', '_x-forwarded-for'])('H-062 %s is no alias', (name) =>
    expect(field(name).kind).toBe(FieldKind.underscored),
  )

  it('H-202 remembers some names, never all, and never mixes them up', () => {
    for (let at = 0; at < 5_000; at++) expect(field(`X-Name-${at}`).name).toBe(`x-name-${at}`)
    expect(field('X'.repeat(100_000)).name).toBe('x'.repeat(100_000))
    expect(field('HOST').kind).toBe(FieldKind.singleton)
  })
})

describe('isProtected', () => {
  it.each(['x-forwarded-for', 'host', 'authorization', 'content-length', 'transfer-encoding', 'cookie', 'set-cookie'])(
    'H-051 Connection cannot take %s away',
    (name) => expect(isProtected(name)).toBe(true),
  )
  it.each(['keep-alive', 'x-mine'])('H-050 Connection may take %s away', (name) =>
    expect(isProtected(name)).toBe(false),
  )
})

describe('the line of a field in a request', () => {
  it('begins with its name, in lower case', () => {
    expect(field('X-Anything').line).toBe('x-anything: ')
    expect(field(`x-${'long'.repeat(20)}`).line).toBe(`x-${'long'.repeat(20)}: `)
  })

  it.each([
    '',
    'a b',
    'a:',
    'a\r\nb',
    'é',
    'Transfer-Encoding',
    'connection',
    'Keep-Alive',
    'upgrade',
    'Expect',
    'trailer',
  ])('H-023 has none for %j', (name) => expect(field(name).line).toBeNull())
})
