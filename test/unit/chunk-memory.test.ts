import { describe, expect, it } from 'vitest'
import { chunkOf, LARGEST_CHUNK, release, USUAL_CHUNK, WORTH_RELEASING } from '../../src/chunk-memory.js'
import { eventually } from '../support/index.js'

describe('release', () => {
  it('gives back the memory of a chunk that is worth it, whole: whoever holds it holds nothing', () => {
    const chunk = Buffer.allocUnsafeSlow(WORTH_RELEASING)
    const { buffer } = chunk
    release(chunk)
    expect([chunk.byteLength, buffer.byteLength, buffer.detached]).toEqual([0, 0, true])
  })

  it('gives back all that a chunk stands in', () => {
    const memory = new ArrayBuffer(64 * 1024)
    release(new Uint8Array(memory, 100, WORTH_RELEASING))
    expect(memory.detached).toBe(true)
  })

  it('leaves a smaller one alone', () => {
    const chunk = Buffer.allocUnsafeSlow(WORTH_RELEASING - 1)
    release(chunk)
    expect(chunk.byteLength).toBe(WORTH_RELEASING - 1)
  })

  it('may be asked twice', () => {
    const chunk = Buffer.allocUnsafeSlow(WORTH_RELEASING)
    release(chunk)
    expect(() => release(chunk)).not.toThrow()
  })
})

const SIZES = [64, 128, 256, 512].map((kib) => kib * 1024)

describe('chunkOf', () => {
  it.each(SIZES)('takes memory of %i bytes again, from whose last holder it is gone', (size) => {
    const first = chunkOf(size)
    first.fill(7)
    release(first.subarray(0, size / 2))
    const second = chunkOf(size)
    expect([first.byteLength, second.byteLength, second[size - 1]]).toEqual([0, size, 7])
    const third = chunkOf(size)
    expect(third.buffer).not.toBe(second.buffer)
    release(second)
    release(third)
  })

  it('makes memory of other sizes', () => {
    const chunk = chunkOf(WORTH_RELEASING)
    release(chunk)
    expect([chunk.byteLength, chunkOf(WORTH_RELEASING).byteLength]).toEqual([0, WORTH_RELEASING])
  })

  it('has 8 MiB of large chunks on their way at most, and gives the usual size instead', () => {
    const large = Array.from({ length: 16 }, () => chunkOf(LARGEST_CHUNK))
    expect(large.every(({ byteLength }) => byteLength === LARGEST_CHUNK)).toBe(true)
    expect(chunkOf(2 * USUAL_CHUNK).byteLength).toBe(USUAL_CHUNK)
    release(large.pop()!)
    const again = chunkOf(LARGEST_CHUNK)
    expect(again.byteLength).toBe(LARGEST_CHUNK)
    for (const chunk of [...large, again]) release(chunk)
  })

  it('counts those no more that nobody gave back, once they are collected', async () => {
    for (let taken = 0; taken < 16; taken++) chunkOf(LARGEST_CHUNK)
    expect(chunkOf(LARGEST_CHUNK).byteLength).toBe(USUAL_CHUNK)
    await eventually(() => {
      globalThis.gc!()
      const chunk = chunkOf(LARGEST_CHUNK)
      const { byteLength } = chunk
      release(chunk)
      return byteLength === LARGEST_CHUNK
    })
  })
})
