import { maxHeaderSize } from 'node:http'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cut, isBadReply, type Reading, readReply, readText } from './reading.js'
import { anything, written } from './replies.js'

const places = fc.array(fc.nat(), { maxLength: 12 })

describe('a reply that is as it should be', () => {
  it('is read the same however it is cut, and is what was written', () => {
    fc.assert(
      fc.property(written, places, (reply, at) => {
        const reading = readReply(cut(reply.bytes, at), { ended: reply.toTheEnd })
        expect(reading).toEqual(readReply([reply.bytes], { ended: reply.toTheEnd }))
        expect(reading.error).toBe(null)
        expect([reading.interims.map(([status]) => status), reading.status]).toEqual([reply.interims, reply.status])
        expect(reading.body.equals(reply.body)).toBe(true)
        expect({ ...reading.trailers }).toEqual(reply.trailers)
        expect([reading.complete, reading.consumed]).toEqual([true, reply.bytes.length])
      }),
      { numRuns: 1_000 },
    )
  })

  it('H-103 H-104 ends where it ends: what follows is no part of it, however it is cut', () => {
    fc.assert(
      fc.property(
        written,
        fc.oneof(
          anything,
          written.map(({ bytes }) => bytes),
        ),
        places,
        (reply, behind, at) => {
          fc.pre(!reply.toTheEnd)
          const reading = readReply(cut(Buffer.concat([reply.bytes, behind]), at))
          expect(reading).toEqual(readReply([reply.bytes]))
        },
      ),
      { numRuns: 1_000 },
    )
  })

  it('H-090 is not whole without its last byte', () => {
    fc.assert(
      fc.property(written, fc.nat(), (reply, at) => {
        const reading = readReply([reply.bytes.subarray(0, at % reply.bytes.length)], { ended: true })
        // One to the end of its connection is whole wherever that comes, once its head is there.
        if (reply.toTheEnd && reading.status !== null) return
        expect(reading.complete).toBe(false)
        expect(reading.error).not.toBe(null)
      }),
      { numRuns: 500 },
    )
  })
})

describe('whatever bytes come', () => {
  it('H-097 the reader refuses with ERR_EDGE_BAD_REPLY or waits for more, never takes more than there is, and goes on by no cut', () => {
    const seen = { complete: 0, refused: 0, waiting: 0 }
    fc.assert(
      fc.property(anything, places, fc.constantFrom('GET', 'HEAD'), (bytes, at, method) => {
        const whole = readReply([bytes], { method })
        expect(whole.error === null || isBadReply(whole.error)).toBe(true)
        expect(whole.consumed).toBeLessThanOrEqual(bytes.length)
        seen[whole.complete ? 'complete' : whole.error === null ? 'waiting' : 'refused']++
        expect(judged(readReply(cut(bytes, at), { method }))).toEqual(judged(whole))
        expect(judged(readReply(cut(bytes, [...bytes.keys()]), { method }))).toEqual(judged(whole))
      }),
      { numRuns: 3_000 },
    )
    // Or it would say nothing.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(100)
  })
})

describe('RFC 9112 §6.3 the length of a body', () => {
  const body = 'HTTP/1.1 200 OK\r\n\r\n'
  it.each<[string, string, string, Partial<Reading>]>([
    [
      'rule 1: none in reply to HEAD',
      'HEAD',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n',
      { complete: true, kept: true },
    ],
    [
      'rule 1: none in reply to HEAD, chunked',
      'HEAD',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
      { complete: true },
    ],
    ['rule 1: none of a 204', 'GET', 'HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\n', { complete: true }],
    ['rule 1: none of a 304', 'GET', 'HTTP/1.1 304 Not\r\nContent-Length: 2\r\n\r\n', { complete: true, kept: true }],
    ['rule 1: none of a 1xx', 'GET', 'HTTP/1.1 103 E\r\nContent-Length: 2\r\n\r\n', { complete: false, status: null }],
    [
      'rule 4: as its chunks say',
      'GET',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      { complete: true },
    ],
    [
      'rule 6: as its length says',
      'GET',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      { complete: true, kept: true },
    ],
    ['rule 6: a length of 0', 'GET', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', { complete: true, kept: true }],
    ['rule 8: to the end of the connection', 'GET', `${body}ok`, { complete: false, error: null }],
    ['§9.3 a 1.0 reply ends its connection', 'GET', 'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n', { kept: false }],
  ])('%s', (_, method, text, wanted) => {
    expect(readText(text, { method })).toMatchObject({ ...wanted, consumed: text.length })
  })

  it.each([
    ['rule 3: both framings (H-105)', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['rule 4: a last coding other than chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n'],
    ['rule 5: two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n'],
    ['§6.1 a transfer coding in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['RFC 9110 §15.2.2 a 101 that nobody asked for (H-068)', 'HTTP/1.1 101 S\r\nUpgrade: x\r\n\r\n'],
    ['framing in an interim reply that contradicts itself', 'HTTP/1.1 103 E\r\nTransfer-Encoding: x\r\n\r\n'],
    ['an empty line in front (§2.2 is for requests)', '\r\nHTTP/1.1 200 OK\r\n\r\n'],
    ['something else than HTTP, at its first byte', 'S'],
    ['a version of the future, before its line ends', 'HTTP/2'],
  ])('refuses %s', (_, text) => {
    const reading = readText(text)
    expect(isBadReply(reading.error)).toBe(true)
    expect(reading.complete).toBe(false)
  })

  it('one with a strange coding is read to the end of its connection where that is asked for', () => {
    const reading = readText('HTTP/1.1 200 OK\r\nTransfer-Encoding: foo\r\n\r\nok', { lenient: true, ended: true })
    expect(reading).toMatchObject({ complete: true, status: 200, kept: false, body: Buffer.from('ok') })
  })
})

describe(`a head of ${maxHeaderSize} bytes`, () => {
  const head = (size: number): Buffer => {
    const around = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: \r\n\r\n'.length
    return Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: ${'y'.repeat(size - around)}\r\n\r\n`)
  }
  const cuts = [
    [],
    [1],
    [maxHeaderSize - 1],
    [maxHeaderSize - 3, maxHeaderSize - 2, maxHeaderSize - 1],
    [8_000, 16_000],
  ]

  it.each(cuts)('H-097 passes, cut at %j, %j, %j', (...at) => {
    expect(readReply(cut(head(maxHeaderSize), at))).toMatchObject({ complete: true, error: null })
  })

  it.each(cuts)('H-097 and one more byte does not, cut at %j, %j, %j', (...at) => {
    const reading = readReply(cut(head(maxHeaderSize + 1), at))
    expect(isBadReply(reading.error)).toBe(true)
  })

  it('H-097 is the limit of each interim reply, too', () => {
    const early = (size: number): string => `HTTP/1.1 103 E\r\nX: ${'y'.repeat(size - 23)}\r\n\r\n`
    const rest = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
    expect(early(maxHeaderSize)).toHaveLength(maxHeaderSize)
    expect(readText(early(maxHeaderSize).repeat(3) + rest)).toMatchObject({ complete: true })
    expect(isBadReply(readText(early(maxHeaderSize + 1) + rest).error)).toBe(true)
  })
})

/** What must not hang on where bytes were cut; how many of them were read before a refusal may. */
function judged({ consumed, ...rest }: Reading): object {
  return rest.complete ? { ...rest, consumed } : { ...rest, error: rest.error === null ? null : 'refused' }
}
