import { type Body, bytes, bytesBody, emptyBody } from 'edgewise'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DECODABLE, decodersFor } from '../../../../src/filters/decompress/decoders.js'
import { Feed } from '../../feed.js'
import { encode, text } from '../coding-kit.js'

const CONTENT = text(100_000)
const kinds = Object.keys(encode) as (keyof typeof encode)[]
const nameOf = (kind: string): string => kind.replace('raw ', '')

/** The bytes decoded, or what is wrong with them. */
async function undo(encoding: string, body: Body): Promise<string> {
  const [decoder] = decodersFor(encoding, 2)!
  const failure = (cause: Error): Error => new Error('corrupt', { cause })
  return bytes(decoder!(body, failure), 1 << 24).then(
    (whole) => Buffer.from(whole).toString('latin1'),
    ({ message }: Error) => message,
  )
}
const feed = (content: Uint8Array, chunk = 16_384): Body => new Feed(Buffer.from(content), { chunk }).body

describe('decodersFor', () => {
  it.each([
    ['gzip', 1],
    ['GZip', 1],
    ['x-gzip', 1],
    ['deflate, br', 2],
    ['identity', 0],
    ['identity, zstd', 1],
    ['', 0],
    ['compress', null],
    ['gzip, dcb', null],
    ['gzip, gzip, gzip', null],
    ['__proto__', null],
  ])('H-158 H-159 %j: %s of at most 2', (encoding, count) => {
    expect(decodersFor(encoding, 2)?.length ?? null).toBe(count)
  })

  it('names what it can undo', () => {
    expect(DECODABLE).toBe('gzip, deflate, br, zstd')
  })
})

describe.each(kinds)('the decoder of %s', (kind) => {
  const encoded = encode[kind](CONTENT)
  const name = nameOf(kind)

  it('undoes what was done', async () => {
    for (const body of [bytesBody(encoded), feed(encoded), feed(encoded.subarray(), 1_000)])
      expect(await undo(name, body)).toBe(CONTENT.toString('latin1'))
  })

  it('what was empty is empty: also without the coding’s own header', async () => {
    expect(await undo(name, feed(encode[kind](Buffer.alloc(0))))).toBe('')
    expect(await undo(name, emptyBody)).toBe('')
    expect(await undo(name, feed(Buffer.alloc(0)))).toBe('')
  })

  it('H-159 what is something else, or has something else behind it, is refused', async () => {
    expect(await undo(name, feed(Buffer.from('hello, this is plain text')))).toBe('corrupt')
    const garbage = Buffer.from('garbage behind the end')
    expect(await undo(name, feed(Buffer.concat([encoded, garbage])))).toBe('corrupt')
    expect(await undo(name, bytesBody(Buffer.concat([encoded, garbage])))).toBe('corrupt')
  })

  it('H-159 what is cut, anywhere and in any chunks, never passes as whole', async () => {
    const short = encode[kind](CONTENT.subarray(0, 3_000))
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: short.length - 1 }),
        fc.integer({ min: 1, max: 700 }),
        async (end, chunk) => {
          expect(await undo(name, feed(short.subarray(0, end), chunk))).toBe('corrupt')
        },
      ),
      { numRuns: 40 },
    )
  })
})

it.each(['gzip', 'zstd'] as const)('%s may come in several pieces of its own (members, frames)', async (kind) => {
  const [one, two] = [encode[kind](Buffer.from('one ')), encode[kind](Buffer.from('two'))]
  const both = Buffer.concat([one, two])
  for (const chunk of [1, one.length, both.length]) expect(await undo(kind, feed(both, chunk))).toBe('one two')
  expect(await undo(kind, bytesBody(both))).toBe('one two')
  // Node alone takes the first frame for all, if both come in one chunk.
  expect(await undo(kind, bytesBody(both.subarray(0, both.length - 1)))).toBe('corrupt')
})
