import { crc32 } from 'node:zlib'
import type { CacheEntry } from 'edgewise'
import { toHeaders } from 'edgewise'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeEntry, encodeEntry } from '../../../src/redis/entry-format.js'
import { entryOf, plain } from '../../integration/stores/entries.js'

const name = fc.oneof(
  fc.stringMatching(/^[!#$%&'*+.^_`|~0-9a-z-]+$/),
  fc.constantFrom('__proto__', 'constructor', 'toString'),
)
const value = fc.stringMatching(/^[\t\x20-\x7e\x80-\xff]*$/)
const fields = fc
  .array(fc.tuple(name, fc.oneof(value, fc.array(value))))
  .map((pairs) => toHeaders(Object.fromEntries(pairs)))
const entry: fc.Arbitrary<CacheEntry> = fc.record({
  variant: fc.string({ unit: 'grapheme' }),
  vary: fc.array(fc.string()),
  selecting: fields,
  status: fc.integer({ min: 200, max: 599 }),
  headers: fields,
  body: fc.uint8Array({ maxLength: 500 }),
  part: fc.option(
    fc.tuple(fc.nat(), fc.nat(), fc.option(fc.nat(), { nil: null })).map(([first, more, rest]) => ({
      first,
      last: first + more,
      total: rest === null ? null : first + more + rest + 1,
    })),
    { nil: null },
  ),
  requestedAt: fc.nat(),
  receivedAt: fc.nat(),
  tags: fc.array(fc.string({ unit: 'grapheme' })),
})

/** A blob whose sum is right, whatever is in it. */
function sealed(head: unknown, body = ''): Buffer {
  const json = Buffer.from(typeof head === 'string' ? head : JSON.stringify(head))
  const blob = Buffer.concat([Buffer.from('EW\u0001\0\0\0\0\0\0\0\0', 'latin1'), json, Buffer.from(body)])
  blob.writeUInt32BE(json.length, 7)
  blob.writeUInt32BE(crc32(blob.subarray(7)), 3)
  return blob
}

const head = { v: '', y: [], f: {}, s: 200, h: {}, p: null, q: 1, r: 2, t: [], u: 100 }

describe('the format of an entry', () => {
  it('brings back whatever entry it was given', () => {
    fc.assert(
      fc.property(entry, (each) => {
        const back = decodeEntry(encodeEntry(each, 10), 5)
        expect(plain(back!)).toEqual(plain(each))
      }),
      { numRuns: 500 },
    )
  })

  it('is compact: a body takes its own length, an entry about that of its fields', () => {
    const small = encodeEntry(entryOf(), 10).length
    expect(small).toBeLessThan(260)
    expect(encodeEntry(entryOf({ body: new Uint8Array(100_005) }), 10).length).toBe(small + 100_000)
  })

  it('H-188 is a miss when any one byte is damaged, or bytes are missing or too many', () => {
    const blob = encodeEntry(entryOf({ tags: ['t'] }), 10)
    for (let at = 0; at < blob.length; at++) {
      for (const flip of [1, 0x80]) {
        const damaged = Buffer.from(blob)
        damaged[at]! ^= flip
        expect([at, decodeEntry(damaged, 5)]).toEqual([at, undefined])
      }
      expect(decodeEntry(blob.subarray(0, at), 5)).toBeUndefined()
    }
    expect(decodeEntry(Buffer.concat([blob, Buffer.of(0)]), 5)).toBeUndefined()
    expect(decodeEntry(blob, 5)).toBeDefined()
  })

  it('H-188 is a miss in any other version, older or newer', () => {
    for (const version of [0, 2, 255]) {
      const blob = encodeEntry(entryOf(), 10)
      blob[2] = version
      expect(decodeEntry(blob, 5)).toBeUndefined()
    }
  })

  it('H-188 never throws, whatever bytes it finds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(decodeEntry(Buffer.from(bytes), 0)).toBeUndefined()
        expect(decodeEntry(Buffer.concat([Buffer.from('EW\u0001', 'latin1'), bytes]), 0)).toBeUndefined()
        expect(() => decodeEntry(sealed(Buffer.from(bytes).toString('latin1')), 0)).not.toThrow()
      }),
    )
    for (const value of [undefined, null, 5, 'EW', [], {}]) expect(decodeEntry(value, 0)).toBeUndefined()
  })

  it.each([
    ['JSON of another kind', []],
    ['nothing', null],
    ['no JSON', '{'],
    ['a status of text', { ...head, s: '200' }],
    ['a field that is a number', { ...head, h: { age: 5 } }],
    ['a list with a number in it', { ...head, h: { link: ['a', 5] } }],
    ['fields in a list', { ...head, f: ['a'] }],
    ['names in Vary that are none', { ...head, y: [5] }],
    ['tags that are no list', { ...head, t: 'a' }],
    ['no time', { ...head, u: undefined }],
    ['no variant', { ...head, v: undefined }],
    ['a part without an end', { ...head, p: { first: 1 } }],
    ['a part that is none', { ...head, p: 5 }],
    ['a part that ends before it begins', { ...head, p: { first: 5, last: 4, total: null } }],
    ['a part that is longer than the whole', { ...head, p: { first: 0, last: 4, total: 4 } }],
    ['a status that no reply has', { ...head, s: 99 }],
    ['a status that is no whole number', { ...head, s: 200.5 }],
    ['a name that cannot be sent', { ...head, h: { 'a b': 'c' } }],
    ['no name', { ...head, h: { '': 'c' } }],
    ['a value of two lines', { ...head, h: { location: '/\r\nset-cookie: a=b' } }],
    ['a value past a byte a character', { ...head, h: { link: ['a', '\u1096'] } }],
  ])('H-188 is a miss with a good sum and %s', (_what, damaged) => {
    expect(decodeEntry(sealed(head, 'x'), 5)).toMatchObject({ status: 200 })
    expect(decodeEntry(sealed(damaged, 'x'), 5)).toBeUndefined()
  })

  it('H-182 gives a body of its own, that pins nothing of what it came in', () => {
    const { body } = decodeEntry(encodeEntry(entryOf(), 10), 5)!
    expect(body.buffer.byteLength).toBe(body.byteLength)
  })

  it('is a miss past its time', () => {
    const blob = encodeEntry(entryOf(), 10)
    expect(decodeEntry(blob, 9)).toBeDefined()
    expect(decodeEntry(blob, 10)).toBeUndefined()
  })
})
