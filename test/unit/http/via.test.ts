import { describe, expect, it } from 'vitest'
import { appendVia, isLoop } from '../../../src/http/via.js'

describe('Via', () => {
  it('H-056 is appended to', () => {
    expect(appendVia(undefined, '1.1', 'me')).toBe('1.1 me')
    expect(appendVia('1.0 fred', '1.0', 'me')).toBe('1.0 fred, 1.0 me')
  })

  it.each([
    [undefined, false],
    ['', false],
    ['1.1 me', true],
    ['1.0 fred, 1.1 me', true],
    ['1.1 me, 1.0 fred', true],
    ['1.1\tme (comment)', true],
    ['HTTP/1.1 me', true],
    ['1.1 meme', false],
    ['1.1 not-me', false],
    ['1.1 fred (me)', false],
    ['me', false],
  ])('H-056 %j is a loop: %s', (via, loop) => expect(isLoop(via, 'me')).toBe(loop))

  it('H-056 is looked through in linear time', () => {
    const before = process.cpuUsage()
    expect(isLoop(`${'1.1 x, '.repeat(100_000)}1.1 meme`, 'me')).toBe(false)
    expect(process.cpuUsage(before).user).toBeLessThan(1_000_000)
  })
})
