import { createGzip, gzipSync } from 'node:zlib'
import { bytes, through } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { decoded } from '../../../../src/filters/decompress/decoded.js'
import { decodersFor } from '../../../../src/filters/decompress/decoders.js'
import { Feed } from '../../feed.js'
import { codings, encode, text } from '../coding-kit.js'

const MIB = 1 << 20
const limits = { maxBytes: 16 * MIB, maxRatio: 200 }
const zeros = (mebibytes: number): Buffer => Buffer.alloc(mebibytes * MIB)

function open(
  encoded: Uint8Array,
  encoding: string,
  whose: 'request' | 'reply' = 'reply',
  change = {},
): Promise<Uint8Array> {
  const body = decoded(new Feed(Buffer.from(encoded)).body, decodersFor(encoding, 4)!, { ...limits, ...change }, whose)!
  return bytes(body, 1 << 30)
}

describe('decoded', () => {
  it('undoes codings from the last to the first', async () => {
    const plain = text(50_000)
    const twice = encode.br(encode.gzip(plain))
    expect(Buffer.compare(await open(twice, 'gzip, br'), plain)).toBe(0)
    expect(decoded(new Feed(plain).body, [], limits, 'reply')).toBe(null)
  })

  it.each(codings)('H-158 a bomb of %s stops at its ratio, long before its end', async (coding) => {
    const feed = new Feed(encode[coding](zeros(64)))
    const body = decoded(feed.body, decodersFor(coding, 2)!, { ...limits, maxBytes: 1 << 30 }, 'reply')!
    await expect(bytes(body, 1 << 30)).rejects.toMatchObject({ code: 'ERR_EDGE_REPLY_TOO_LARGE', status: 502 })
    expect(body.received).toBeLessThan(16 * MIB)
  })

  it('H-158 a long body stops at its size, whatever its ratio', async () => {
    await expect(open(gzipSync(text(2 * MIB)), 'gzip', 'request', { maxBytes: MIB })).rejects.toMatchObject({
      code: 'ERR_EDGE_BODY_TOO_LARGE',
      status: 413,
    })
  })

  it('H-158 a short body may be a thousand times its size', async () => {
    expect(await open(gzipSync(zeros(1)), 'gzip')).toHaveLength(MIB)
  })

  it('H-158 layers count one by one: a bomb in the middle is one, though little comes out of it', async () => {
    // Many empty gzip members, which shrink well and come to nothing.
    const members = gzipSync(Buffer.alloc(4 * MIB, gzipSync('')))
    await expect(open(members, 'gzip, gzip')).rejects.toMatchObject({ code: 'ERR_EDGE_REPLY_TOO_LARGE' })
  })

  it.each([
    ['request', 'ERR_EDGE_BAD_REQUEST', 400],
    ['reply', 'ERR_EDGE_BAD_REPLY', 502],
  ] as const)('H-159 what is wrong with a %s is %s', async (whose, code, status) => {
    await expect(open(Buffer.from('no gzip'), 'gzip', whose)).rejects.toMatchObject({ code, status })
  })

  it('what the body failed with stays that', async () => {
    const feed = new Feed(encode.zstd(text(500_000)), { failAt: 5_000 })
    await expect(bytes(decoded(feed.body, decodersFor('zstd', 1)!, limits, 'reply')!, MIB)).rejects.toBe(feed.error)
  })

  it('what was compressed on the way is what it was', async () => {
    const plain = text(3 * MIB)
    const body = through(new Feed(plain).body, createGzip())
    expect(Buffer.compare(await bytes(decoded(body, decodersFor('gzip', 1)!, limits, 'reply')!, 4 * MIB), plain)).toBe(
      0,
    )
  })
})
