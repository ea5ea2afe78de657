import { describe, expect, it } from 'vitest'
import { keyHasher } from '../../../../src/limiting/memory/key-hash.js'

const addresses = Array.from({ length: 200_000 }, (_, at) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`)

describe('a hash of keys', () => {
  it.each([
    ['addresses', addresses],
    ['numbers', addresses.map((_, at) => `${at}`)],
    ['runs of one character', Array.from({ length: 128 }, (_, at) => 'a'.repeat(at + 1))],
    ['pairs that differ in two places', addresses.slice(0, 65_536).map((_, at) => `x${at >> 8}y${at & 255}`)],
    ['characters far apart', Array.from({ length: 50_000 }, (_, at) => String.fromCharCode(at + 1))],
  ])('tells %s apart', (_what, keys) => {
    const hashOf = keyHasher()
    const hashes = new Set(keys.map(hashOf))
    expect(hashes.size).toBe(keys.length)
    expect([...hashes].every((hash) => Number.isSafeInteger(hash) && hash > 0)).toBe(true)
  })

  it('spreads them over any number of places, low bits and high ones alike', () => {
    const hashOf = keyHasher()
    for (const place of [(hash: number) => hash % 1024, (hash: number) => Math.floor(hash / 2 ** 32) % 1024]) {
      const counts = new Uint32Array(1024)
      for (const address of addresses) counts[place(hashOf(address))]! += 1
      // 195 each; the chance of one so far off is below one in a million.
      expect(Math.max(...counts)).toBeLessThan(300)
      expect(Math.min(...counts)).toBeGreaterThan(110)
    }
  })

  it('has seeds of its own: nobody can know which keys meet', () => {
    expect(keyHasher()('a')).not.toBe(keyHasher()('a'))
  })
})
