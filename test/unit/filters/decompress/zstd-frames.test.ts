import { constants, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ZstdFrames } from '../../../../src/filters/decompress/zstd-frames.js'
import { text } from '../coding-kit.js'

const MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])
const skippable = (length: number): Buffer =>
  Buffer.concat([Buffer.from([0x55, 0x2a, 0x4d, 0x18, length, 0, 0, 0]), Buffer.alloc(length, 7)])

/** Frames with and without checksum and size, of blocks that are raw, compressed, or one byte many times. */
const frames = [
  zstdCompressSync(Buffer.from('x')),
  zstdCompressSync(Buffer.alloc(300_000, 'x')),
  zstdCompressSync(text(300_000)),
  zstdCompressSync(crypto.getRandomValues(new Uint8Array(65_536))),
  zstdCompressSync(text(70_000), { params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
  zstdCompressSync(text(500), { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } }),
  zstdCompressSync(Buffer.alloc(0)),
  skippable(0),
  skippable(9),
]

describe('ZstdFrames', () => {
  it.each(frames.map((frame, at) => [at, frame] as const))('finds the end of frame %i, and no other', (_at, frame) => {
    const found = new ZstdFrames()
    expect(found.whole).toBe(false)
    for (const [at, byte] of frame.entries()) {
      found.split(Buffer.from([byte]))
      if (at < frame.length - 1 && found.whole) throw new Error(`ended at ${at} of ${frame.length}`)
    }
    expect(found.whole).toBe(true)
  })

  it('gives pieces of one frame each, however the stream is cut, and no byte is lost', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...frames), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 100_000 }),
        (some, size) => {
          const stream = Buffer.concat(some)
          const ends = new Set<number>()
          some.reduce((end, frame) => {
            ends.add(end + frame.length)
            return end + frame.length
          }, 0)
          const found = new ZstdFrames()
          const pieces: Uint8Array[] = []
          for (let at = 0; at < stream.length; at += size) pieces.push(...found.split(stream.subarray(at, at + size)))
          expect(Buffer.compare(Buffer.concat(pieces), stream)).toBe(0)
          const cuts = new Set<number>()
          pieces.reduce((end, piece) => {
            cuts.add(end + piece.length)
            return end + piece.length
          }, 0)
          for (const end of ends) expect(cuts.has(end)).toBe(true)
          expect(found.whole).toBe(true)
        },
      ),
      { numRuns: 50 },
    )
  })

  it('what is cut is not whole', () => {
    for (const frame of frames.slice(0, 7)) {
      for (const end of [1, 3, 4, 5, frame.length - 1]) {
        const found = new ZstdFrames()
        found.split(frame.subarray(0, end))
        expect(found.whole).toBe(false)
      }
    }
  })

  it('leaves what is no zstd to the decoder, in one piece', () => {
    const found = new ZstdFrames()
    const garbage = Buffer.from('this is not zstd')
    expect(found.split(garbage)).toEqual([garbage])
    expect(found.whole).toBe(false)
    expect(new ZstdFrames().split(Buffer.concat([frames[0]!, garbage]))).toEqual([frames[0], garbage])
    expect(new ZstdFrames().split(MAGIC)).toEqual([MAGIC])
  })
})
