import { emptyReply, type Reply, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { readCompressOptions } from '../../../../src/filters/compress/compress-options.js'
import { isEligible } from '../../../../src/filters/compress/eligible.js'
import { Feed } from '../../feed.js'
import { asking, text } from '../coding-kit.js'

const LONG = text(5_000)
const rules = readCompressOptions({})
const typed = (type?: string): Reply => reply(200, LONG, { 'content-type': type })

describe('isEligible', () => {
  it.each([
    ['text/html; charset=utf-8', true],
    ['TEXT/HTML', true],
    ['application/json', true],
    ['application/problem+json', true],
    ['image/svg+xml', true],
    ['application/javascript', true],
    ['image/png', false],
    ['video/mp4', false],
    ['application/zip', false],
    ['text/event-stream', false],
    ['application/grpc', false],
    ['application/grpc+json', false],
    ['nonsense', false],
    ['text/html; charset="', false],
    [undefined, false],
  ])('H-163 a reply of type %j: %s', (type, eligible) => {
    expect(isEligible(asking(), typed(type), rules)).toBe(eligible)
  })

  it.each([
    [200, true],
    [201, true],
    [403, true],
    [404, true],
    [500, true],
    [204, false],
    [205, false],
    [206, false],
    [304, false],
  ])('H-163 a %i: %s', (status, eligible) => {
    expect(isEligible(asking(), { ...typed('text/css'), status }, rules)).toBe(eligible)
  })

  it('H-163 a length counts where it is known: stated, there already, or in the answer to a HEAD', () => {
    const type = { 'content-type': 'text/css' }
    const of = (count: number, sized: boolean): Reply =>
      reply(200, new Feed(LONG.subarray(0, count), { sized }).body, type)
    expect(isEligible(asking(), reply(200, LONG.subarray(0, 1_023), type), rules)).toBe(false)
    expect(isEligible(asking(), reply(200, LONG.subarray(0, 1_024), type), rules)).toBe(true)
    expect(isEligible(asking(), of(1_023, true), rules)).toBe(false)
    const unknown = of(1_023, false)
    expect(isEligible(asking(), unknown, rules)).toBe(true)
    if (unknown.body.kind === 'stream') unknown.body.prime()
    expect(isEligible(asking(), unknown, rules)).toBe(false)
    const head = (length?: string): Reply => emptyReply(200, { ...type, 'content-length': length })
    const heads = [head('1023'), head('1024'), head('0'), head()]
    expect(heads.map((each) => isEligible(asking({}, { method: 'HEAD' }), each, rules))).toEqual([
      false,
      true,
      false,
      true,
    ])
  })

  it('a filter of one’s own decides in place of the type, knowing what that says', () => {
    const asked: boolean[] = []
    const filter = ({ compressible }: { compressible: boolean }): boolean => {
      asked.push(compressible)
      return true
    }
    expect(isEligible(asking(), typed('application/wasm-thing'), { ...rules, filter })).toBe(true)
    expect(isEligible(asking(), typed('text/css'), { ...rules, filter })).toBe(true)
    // What must not be compressed is not its to decide.
    expect(isEligible(asking(), { ...typed('text/css'), status: 206 }, { ...rules, filter })).toBe(false)
    expect(asked).toEqual([false, true])
  })
})
