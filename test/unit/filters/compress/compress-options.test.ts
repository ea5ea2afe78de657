import { compress } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { readCompressOptions } from '../../../../src/filters/compress/compress-options.js'

describe('the options of compress', () => {
  it.each([
    [{ encodings: [] }, 'encodings'],
    [{ encodings: ['gzip', 'gzip'] }, 'encodings'],
    [{ encodings: ['lzma'] }, 'encodings'],
    [{ threshold: '1kb' }, 'threshold'],
    [{ level: 0 }, 'level'],
    [{ level: 10 }, 'level'],
    [{ brotliQuality: 12 }, 'brotliQuality'],
    [{ zstdLevel: Number.NaN }, 'zstdLevel'],
    [{ flushAfterMs: true }, 'flushAfterMs'],
    [{ breachGuard: true }, 'breachGuard'],
    [{ maxEncoders: 0 }, 'maxEncoders'],
    [{ tresshold: 1 }, 'threshold'],
  ])('%j is refused by name', (options, name) => {
    expect(() => compress(options as never)).toThrow(name)
  })

  it('H-170 no default is of those that are for files', () => {
    expect(readCompressOptions({})).toMatchObject({ level: 5, brotliQuality: 4, zstdLevel: 3, maxEncoders: 128 })
  })

  it('never to flush is for ever', () => {
    expect([readCompressOptions({ flushAfterMs: false }), readCompressOptions({ flushAfterMs: 0 })]).toMatchObject([
      { flushAfterMs: Infinity },
      { flushAfterMs: 0 },
    ])
  })
})
