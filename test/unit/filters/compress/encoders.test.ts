import { describe, expect, it } from 'vitest'
import { makeEncoders } from '../../../../src/filters/compress/encoders.js'
import { codings, decode, text } from '../coding-kit.js'

const CONTENT = text(50_000)
const encoders = makeEncoders({ level: 5, brotliQuality: 4, zstdLevel: 3 })

describe.each(codings)('the encoder of %s', (coding) => {
  const encoder = encoders[coding]

  it('makes of a whole what its decoder reads', () => {
    expect(Buffer.compare(decode[coding](encoder.whole(CONTENT)), CONTENT)).toBe(0)
  })

  it('H-167 gives each write out at once where that is wanted, or when flushed', async () => {
    for (const eachWrite of [true, false]) {
      const stream = encoder.stream(eachWrite)
      const given = new Promise<number>((resolve) => {
        let count = 0
        stream.on('data', (part: Buffer) => {
          count += part.length
          // A format's header alone is not it.
          if (count > 9) resolve(count)
        })
      })
      stream.write('data: 1\n\n')
      if (!eachWrite) stream.flush(encoder.flushKind)
      expect(await given).toBeLessThan(40)
      stream.destroy()
    }
  })

  it('obeys its level', () => {
    const [low, high] = [1, 9].map((level) => makeEncoders({ level, brotliQuality: level, zstdLevel: level })[coding])
    expect(high!.whole(CONTENT).length).not.toBe(low!.whole(CONTENT).length)
  })
})
