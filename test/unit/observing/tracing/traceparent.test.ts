import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readTraceparent, writeTraceparent } from '../../../../src/observing/tracing/traceparent.js'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'
const GOOD = `00-${TRACE}-${SPAN}-01`

describe('traceparent', () => {
  it.each([
    [GOOD, 1],
    [`00-${TRACE}-${SPAN}-00`, 0],
    [`00-${TRACE}-${SPAN}-03`, 3],
    // Flags that nobody knows are not passed on.
    [`00-${TRACE}-${SPAN}-ff`, 3],
    [`00-${TRACE}-${SPAN}-08`, 0],
    // Later versions: the part that is known.
    [`01-${TRACE}-${SPAN}-01`, 1],
    [`cc-${TRACE}-${SPAN}-01-what-the-future-will-be-like`, 1],
    [`fe-${TRACE}-${SPAN}-01-`, 1],
  ])('reads %j', (field, flags) => {
    expect(readTraceparent(field)).toEqual({ traceId: TRACE, spanId: SPAN, flags })
  })

  it.each([
    ['nothing', undefined],
    ['two fields, as an array', [GOOD, GOOD]],
    ['two fields in one', `${GOOD}, ${GOOD}`],
    ['two fields of a later version in one', `cc-${TRACE}-${SPAN}-01-a, cc-${TRACE}-${SPAN}-01-b`],
    ['the version that is forbidden', `ff-${TRACE}-${SPAN}-01`],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span id of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['upper case', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['upper case in the span id', `00-${TRACE}-${SPAN.toUpperCase()}-01`],
    ['more than the version has', `${GOOD}-more`],
    ['a dash at the end', `${GOOD}-`],
    ['a later version without a dash before more', `cc-${TRACE}-${SPAN}-01.what`],
    ['a later version with a blank in it', `cc-${TRACE}-${SPAN}-01-a b`],
    ['a trace id too short', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['a trace id too long', `00-${TRACE}0-${SPAN}-01`],
    ['a letter that is no digit', `00-${TRACE.slice(1)}g-${SPAN}-01`],
    ['other separators', GOOD.replaceAll('-', '_')],
    ['a blank around it', ` ${GOOD}`],
    ['a line end behind it', `${GOOD}\n`],
    ['a version of one digit', GOOD.slice(1)],
    ['flags of one digit', GOOD.slice(0, -1)],
    ['a byte that is no ASCII', `${GOOD.slice(0, -1)}\u0661`],
  ])('takes nothing from %s', (_what, field) => {
    expect(readTraceparent(field)).toBeNull()
  })

  it('whatever comes: never throws, and what is read is written as version 00 and read alike', () => {
    const hex = (length: number) =>
      fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length })
    const near = fc
      .tuple(hex(2), hex(32), hex(16), hex(2), fc.constantFrom('', '-', '-x', ', ', 'F'))
      .map(([version, trace, span, flags, more]) => `${version}-${trace}-${span}-${flags}${more}`)
    fc.assert(
      fc.property(fc.oneof(near, fc.string(), fc.anything()), (field) => {
        const read = readTraceparent(field)
        if (read === null) return
        const written = writeTraceparent(read)
        expect(written).toMatch(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[0-3]$/)
        expect(readTraceparent(written)).toEqual(read)
      }),
      { numRuns: 1_000 },
    )
  })
})
