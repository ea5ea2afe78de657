import { describe, expect, it } from 'vitest'
import { release, WORTH_RELEASING } from '../../src/chunk-memory.js'

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
