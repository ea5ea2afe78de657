import type { AccessRecord } from 'edgewise'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonLines } from '../../../../src/observing/log/json-lines.js'
import { plainValue } from '../../../../src/observing/plain.js'

const TIME = '2026-11-30T11:07:43.000Z'
const AT = Date.parse(TIME)
const MAX = 32

/** Any text, as a client may send it. */
const text = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 }).map((units) => String.fromCharCode(...units)),
  fc.constantFrom('"', '\\', '\\"', '","forged":"', '\u2028', '\r\n', '\u001b[31m', '__proto__', '\xc3\xa9'),
)
const count = fc.nat()
const ms = fc.nat({ max: 36_000_000 }).map((tenths) => tenths / 10)
const both = fc.record({ in: count, out: count })

const record: fc.Arbitrary<AccessRecord> = fc.record(
  {
    route: text,
    method: text,
    path: text,
    query: text,
    host: text,
    protocol: text,
    status: fc.integer({ min: 100, max: 999 }),
    client: fc.record({ address: text }),
    userAgent: text,
    referer: text,
    principal: text,
    consumer: text,
    requestId: text,
    traceId: text,
    pool: text,
    endpoint: text,
    attempts: count,
    tries: fc.array(
      fc.record({ endpoint: text, ms, status: count, error: text }, { requiredKeys: ['endpoint', 'ms'] }),
    ),
    cache: text,
    collapsed: fc.constant(true as const),
    limits: fc.array(text),
    denied: fc.record({ filter: text, why: text }),
    times: fc.record(
      { request: ms, queue: ms, connect: ms, response: ms, data: ms, total: ms },
      { requiredKeys: ['total'] },
    ),
    termination: fc.constantFrom('--', 'SH'),
    bytes: both,
    error: text,
    tunnel: fc.record({ closeCode: fc.constantFrom(1000, null), closedBy: text, frames: both, messages: both }),
    headers: fc.dictionary(fc.stringMatching(/^[a-z-]{1,9}$/), text),
    sample: fc.double({ min: 0, max: 1, noNaN: true, noDefaultInfinity: true }).map((share) => share + 0),
  },
  { requiredKeys: ['protocol', 'client', 'times', 'termination', 'bytes'], noNullPrototype: true },
)

describe('jsonLines', () => {
  it('H-195 is one line of JSON that says what JSON.stringify would of the record made plain, whatever is in it', () => {
    const { write } = jsonLines(MAX)
    fc.assert(
      fc.property(record, fc.constantFrom('info', 'warn', 'error'), (made, level) => {
        const line = write(made, AT, level)
        expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u)
        const plainly = plainValue(made, MAX, () => null) as object
        expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify({ time: TIME, level, ...plainly })))
      }),
      { numRuns: 500 },
    )
  })

  it('puts fields of one’s own behind the rest', () => {
    const made: AccessRecord = {
      protocol: 'tcp',
      client: { address: '' },
      times: { total: 0.1 },
      termination: '--',
      bytes: { in: 0, out: 0 },
    }
    expect(jsonLines(MAX).write(made, AT, 'info', { tenant: 'acme' })).toBe(
      `{"time":"${TIME}","level":"info","protocol":"tcp","client":{"address":""},"times":{"total":0.1},"termination":"--","bytes":{"in":0,"out":0},"tenant":"acme"}`,
    )
  })

  it('writes each record anew, however many routes there have been', () => {
    const { write } = jsonLines(MAX)
    const of = (nth: number): AccessRecord => ({
      ...{ route: `/r${nth}`, protocol: 'tcp', client: { address: '' }, times: { total: nth / 10 } },
      ...{ termination: '--', bytes: { in: 0, out: 0 } },
    })
    for (const nth of [...Array(1_200).keys(), 0, 1_199]) {
      const { route, times } = JSON.parse(write(of(nth), AT, 'info'))
      expect([route, times.total]).toEqual([`/r${nth}`, nth / 10])
    }
  })
})
