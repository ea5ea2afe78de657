import fc from 'fast-check'

/** A reply as it goes on the wire, and what it says. */
export interface WrittenReply {
  readonly bytes: Buffer
  readonly interims: readonly number[]
  readonly status: number
  readonly body: Buffer
  readonly trailers: Readonly<Record<string, string>>
  /** Whether only the end of its connection ends it. */
  readonly toTheEnd: boolean
}

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')
const name = fc.stringMatching(/^x-[!#$%&'*+.^`|~0-9A-Za-z-]{1,12}$/)
const value = fc
  .array(fc.oneof(fc.integer({ min: 0x21, max: 0x7e }), fc.integer({ min: 0x80, max: 0xff }), fc.constant(0x20)), {
    maxLength: 20,
  })
  .map((codes) => String.fromCharCode(...codes))
const blank = fc.constantFrom('', ' ', '\t', '  ')
const fields = fc
  .array(fc.tuple(name, blank, value, blank), { maxLength: 5 })
  .map((lines) => lines.map(([key, before, text, after]) => `${key}:${before}${text}${after}\r\n`).join(''))
const interim = fc.tuple(fc.constantFrom(100, 102, 103, 199), fields)
const body = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))
const extension = fc.oneof(
  fc.constant(''),
  fc.constantFrom(';a', ';a=b', ';a="q;\\"x"', ' ;a'.trim(), ';a=b;c=d', ';\xe9'),
)
const trailers = fc.dictionary(fc.stringMatching(/^x-[a-z]{1,8}$/), fc.stringMatching(/^[!-~]{1,12}$/), { maxKeys: 3 })

const chunked = fc
  .record({
    parts: fc.array(
      fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 60 }), extension, fc.boolean(), fc.integer({ min: 0, max: 3 })),
      { maxLength: 5 },
    ),
    last: fc.constantFrom('0', '000', '0;end=1'),
    trailers,
  })
  .map(({ parts, last, trailers: sums }) => {
    const written = parts.flatMap(([bytes, ext, upper, zeros]) => {
      const digits = bytes.length.toString(16)
      const size = `${'0'.repeat(zeros)}${upper ? digits.toUpperCase() : digits}${ext}\r\n`
      return [latin1(size), Buffer.from(bytes), latin1('\r\n')]
    })
    const lines = Object.entries(sums).map(([key, text]) => `${key}: ${text}\r\n`)
    return {
      line: 'Transfer-Encoding: chunked\r\n',
      wire: Buffer.concat([...written, latin1(`${last}\r\n${lines.join('')}\r\n`)]),
      body: Buffer.concat(parts.map(([bytes]) => bytes)),
      trailers: sums,
      toTheEnd: false,
    }
  })
const sized = body.map((bytes) => ({
  line: `Content-Length: ${bytes.length}\r\n`,
  wire: bytes,
  body: bytes,
  trailers: {},
  toTheEnd: false,
}))
const unsized = body.map((bytes) => ({ line: '', wire: bytes, body: bytes, trailers: {}, toTheEnd: true }))

/** Replies to a GET that are as they should be, in all the ways that there are. */
export const written: fc.Arbitrary<WrittenReply> = fc
  .record({
    interims: fc.array(interim, { maxLength: 3 }),
    status: fc.constantFrom(200, 206, 404, 500, 999),
    reason: fc.constantFrom('', ' ', ' OK', ' \xe9t\xe9 \t!'),
    before: fields,
    after: fields,
    framed: fc.oneof(chunked, sized, unsized),
  })
  .map(({ interims, status, reason, before, after, framed }) => {
    const early = interims.map(([code, lines]) => `HTTP/1.1 ${code} Early\r\n${lines}\r\n`)
    const head = `${early.join('')}HTTP/1.1 ${status}${reason}\r\n${before}${framed.line}${after}\r\n`
    const { wire, line: _, ...rest } = framed
    return { ...rest, bytes: Buffer.concat([latin1(head), wire]), interims: interims.map(([code]) => code), status }
  })

/** What bytes are made of when somebody wants two readers to read two things. */
export const pieces: readonly string[] = [
  ...['\r\n', '\r\n', '\r\n\r\n', '\r', '\n', '\0', '\t', ' ', ':', ';', ',', '"', '\x0b', '\x7f', '\x80', '\xff'],
  ...[
    'HTTP/1.1 200 OK\r\n',
    'HTTP/1.0 200 OK\r\n',
    'HTTP/1.1 204 No\r\n',
    'HTTP/1.1 100 Go\r\n\r\n',
    'HTTP/2 200 OK\r\n',
  ],
  ...['Content-Length: 3\r\n', 'content-length:3\r\n', 'Content-Length : 3\r\n', 'Content-Length: +3\r\n'],
  ...['Content-Length: 0\r\n', 'Content-Length: 3, 3\r\n', 'Content-Length:\r\n', 'Content-Length: 0x3\r\n'],
  ...['Transfer-Encoding: chunked\r\n', 'Transfer-Encoding:\tchunked \r\n', 'Transfer-Encoding: gzip, chunked\r\n'],
  ...['Transfer-Encoding: identity\r\n', 'Transfer_Encoding: chunked\r\n', 'Transfer-Encoding: xchunked\r\n'],
  ...[
    'Connection: close\r\n',
    'Connection: keep-alive\r\n',
    'X: a\r\n b\r\n',
    'Set-Cookie: a=1\r\n',
    'Keep-Alive: timeout=5\r\n',
  ],
  ...[
    '0\r\n\r\n',
    '3\r\nabc\r\n',
    '3;x=y\r\nabc\r\n',
    '3 \r\nabc\r\n',
    '03\r\nabc\r\n',
    '-3\r\nabc\r\n',
    '0x3\r\nabc\r\n',
  ],
  ...['3\nabc\n0\n\n', 'abc', 'x', '0', '1', 'f', 'FFFFFFFFFFFFFFFFF', 'chunked', 'X-Sum: 1\r\n', 'Trailer: X\r\n'],
]

/** Bytes that may be anything. */
export const anything: fc.Arbitrary<Buffer> = fc.oneof(
  fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((some) => latin1(some.join(''))),
  fc
    .tuple(
      fc.constantFrom(...pieces.slice(16, 19)),
      fc.array(fc.constantFrom(...pieces), { maxLength: 6 }),
      fc.array(fc.constantFrom(...pieces), { maxLength: 6 }),
    )
    .map(([line, lines, rest]) => latin1(`${line}${lines.join('')}\r\n${rest.join('')}`)),
  fc
    .tuple(written, fc.array(fc.tuple(fc.nat(), fc.constantFrom(...pieces), fc.nat(3)), { minLength: 1, maxLength: 3 }))
    .map(([{ bytes }, changes]) => changes.reduce(spoiled, bytes)),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
)

/** Puts something in the place of some bytes. */
export function spoiled(bytes: Buffer, [place, text, without]: readonly [number, string, number]): Buffer {
  const at = place % (bytes.length + 1)
  return Buffer.concat([bytes.subarray(0, at), latin1(text), bytes.subarray(at + without)])
}

/** Replies in which something is otherwise: most of them nearly right. */
export const mutants: fc.Arbitrary<Buffer> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        written,
        fc.array(fc.tuple(fc.nat(), fc.constantFrom(...pieces), fc.nat(2)), { minLength: 1, maxLength: 2 }),
      )
      .map(([{ bytes }, changes]) => changes.reduce(spoiled, bytes)),
  },
  { weight: 1, arbitrary: anything },
  { weight: 1, arbitrary: written.map(({ bytes }) => bytes) },
)
