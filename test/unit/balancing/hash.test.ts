import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hash32, mix32 } from '../../../src/balancing/hash.js'

const C1 = 0xcc9e2d51n
const C2 = 0x1b873593n
const LOW = 0xffffffffn
const rotate = (value: bigint, by: bigint): bigint => ((value << by) | (value >> (32n - by))) & LOW

/** MurmurHash3_x86_32 as published, byte by byte, in whole numbers that cannot overflow. */
function murmur3(bytes: Uint8Array, seed: number): number {
  const block = (from: number, to: number): bigint =>
    [...bytes.subarray(from, to)].reduce((sum, byte, at) => sum | (BigInt(byte) << BigInt(8 * at)), 0n)
  const scramble = (value: bigint): bigint => (rotate((value * C1) & LOW, 15n) * C2) & LOW
  let hash = BigInt(seed)
  const whole = bytes.length - (bytes.length % 4)
  for (let at = 0; at < whole; at += 4)
    hash = (rotate(hash ^ scramble(block(at, at + 4)), 13n) * 5n + 0xe6546b64n) & LOW
  if (whole < bytes.length) hash ^= scramble(block(whole, bytes.length))
  hash ^= BigInt(bytes.length)
  hash = ((hash ^ (hash >> 16n)) * 0x85ebca6bn) & LOW
  hash = ((hash ^ (hash >> 13n)) * 0xc2b2ae35n) & LOW
  return Number(hash ^ (hash >> 16n))
}

describe('hash32', () => {
  it.each([
    ['', 0, 0],
    ['', 1, 0x514e28b7],
    ['', 0xffffffff, 0x81f16f39],
    ['\uffff\uffff', 0, 0x76293b50],
    ['\u4321\u8765', 0, 0xf55b516b],
    ['\u4321\u8765', 0x5082edee, 0x2362f9de],
    ['\u4321', 0, 0xa0f7b07a],
    ['\0\0', 0, 0x2362f9de],
    ['\0', 0, 0x30f4c306],
  ])('gives the published values of MurmurHash3: %j with seed %i', (text, seed, hash) => {
    expect(hash32(text, seed) >>> 0).toBe(hash)
  })

  it('is MurmurHash3 of the UTF-16LE bytes of any string', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff), { maxLength: 40 }), fc.nat(0xffffffff), (units, seed) => {
        const text = String.fromCharCode(...units)
        expect(hash32(text, seed) >>> 0).toBe(murmur3(Buffer.from(text, 'utf16le'), seed))
      }),
    )
  })
})

describe('mix32', () => {
  it('flips half of the bits when one bit is flipped', () => {
    let flipped = 0
    for (let number = 0; number < 1_000; number++) {
      for (let bit = 0; bit < 32; bit++) {
        for (let rest = mix32(number) ^ mix32(number ^ (1 << bit)); rest !== 0; rest &= rest - 1) flipped++
      }
    }
    expect(flipped / 32_000).toBeGreaterThan(15.8)
    expect(flipped / 32_000).toBeLessThan(16.2)
  })
})
