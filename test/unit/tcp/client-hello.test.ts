import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseClientHello } from '../../../src/tcp/client-hello.js'
import { fed } from './feed.js'
import { extension, helloMessage, realHello, records, serverName } from './hellos.js'

const done = (serverName: string | null, protocols: readonly string[] = []) => ({
  state: 'done',
  value: { serverName, protocols },
  length: 0,
})

describe('a ClientHello', () => {
  it.each([
    [{ servername: 'a.example.com' }, done('a.example.com')],
    [{ servername: 'A.Example.COM', protocols: ['h2', 'http/1.1'] }, done('a.example.com', ['h2', 'http/1.1'])],
    [{}, done(null)],
  ])('of Node with %j is read', async (options, expected) => {
    const hello = await realHello(options)
    expect(parseClientHello(hello)).toEqual(expected)
    expect(fed(parseClientHello, hello)).toEqual(expected)
    // In records of any size.
    for (const size of [1, 2, 3, 4, 5, 7, 100])
      expect(fed(parseClientHello, records(hello.subarray(5), size))).toEqual(expected)
  })

  it.each([
    ['without extensions', helloMessage(null), done(null)],
    ['with none of them', helloMessage([]), done(null)],
    ['with GREASE', helloMessage([extension(0x0a0a, Buffer.alloc(0)), serverName('a.b')]), done('a.b')],
    ['with a dot at the end of its name', helloMessage([serverName('a.b.')]), done('a.b')],
    ['with a name of another type', helloMessage([extension(0, Buffer.from([0, 4, 9, 0, 1, 65]))]), done(null)],
  ])('%s is read', (_what, message, expected) => {
    expect(fed(parseClientHello, records(message))).toEqual(expected)
  })

  it.each([
    ['HTTP', 'GET / HTTP/1.1\r\n'],
    ['SSH', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['SSL 2', Buffer.from([0x80, 0x2e, 1, 3, 1])],
    ['another version', Buffer.from([22, 2, 0])],
    ['an alert', Buffer.from([21, 3, 3, 0, 2, 1, 0])],
  ])('H-086 is told from %s, which is no TLS', (_what, bytes) => {
    expect(fed(parseClientHello, Buffer.from(bytes as string))).toEqual({ state: 'done', value: null, length: 0 })
  })

  const whole = helloMessage([serverName('a.example.com')])
  it.each([
    ['an empty record', Buffer.from([22, 3, 1, 0, 0])],
    ['a record of 16,385 bytes', Buffer.from([22, 3, 1, 0x40, 0x01])],
    ['another message', records(Buffer.concat([Buffer.of(2), whole.subarray(1)]))],
    [
      'another kind of record in its middle',
      Buffer.concat([records(whole.subarray(0, 50)), Buffer.from([23, 3, 3, 0, 50]), whole.subarray(50)]),
    ],
    ['a message that ends in its middle', records(Buffer.concat([Buffer.from([1, 0, 0, 40]), whole.subarray(4)]))],
    [
      'bytes behind the extensions',
      records(Buffer.concat([Buffer.from([1, 0, 0, whole.length - 3]), whole.subarray(4), Buffer.of(0)])),
    ],
    ['server_name twice', records(helloMessage([serverName('a.b'), serverName('c.d')]))],
    ['two names', records(helloMessage([serverName('a.b', 'c.d')]))],
    ['no name', records(helloMessage([serverName('')]))],
    ['a NUL in its name', records(helloMessage([serverName('a.example.com\0.evil')]))],
    ['a path as its name', records(helloMessage([serverName('../etc')]))],
    ['a port in its name', records(helloMessage([serverName('a.b:443')]))],
    ['a name of 300 bytes', records(helloMessage([serverName('a'.repeat(300))]))],
    ['a name past its end', records(helloMessage([extension(0, Buffer.from([0, 9, 0, 0, 9, 65]))]))],
    ['bytes behind its names', records(helloMessage([extension(0, Buffer.from([0, 4, 0, 0, 1, 65, 0]))]))],
    ['a protocol past its end', records(helloMessage([extension(16, Buffer.from([0, 3, 9, 104, 50]))]))],
  ])('H-086 with %s is refused', (_what, bytes) => {
    expect(fed(parseClientHello, bytes).state).toBe('bad')
  })

  it('H-086 that claims to be huge says at once how much it takes', () => {
    const claim = records(Buffer.from([1, 0xff, 0xff, 0xff]))
    expect(parseClientHello(claim)).toMatchObject({ state: 'more', need: expect.any(Number) })
    const { need } = parseClientHello(claim) as { need: number }
    expect(need).toBeGreaterThan(16 * 1024 * 1024)
  })

  it('H-086 in thousands of records, byte by byte, costs no more than a few looks', () => {
    const bytes = records(helloMessage([serverName('a.b'), extension(21, Buffer.alloc(2_500))]), 1)
    let looks = 0
    const counted: typeof parseClientHello = (part) => {
      looks++
      return parseClientHello(part)
    }
    expect(fed(counted, bytes)).toEqual(done('a.b'))
    expect([bytes.length > 15_000, looks < 100]).toEqual([true, true])
  })
})

describe('whatever the bytes', () => {
  const message = fc
    .tuple(
      fc.constantFrom(1, 1, 1, 2),
      fc.array(fc.tuple(fc.constantFrom(0, 16, 10, 99), fc.uint8Array({ maxLength: 30 })), { maxLength: 4 }),
    )
    .map(([type, extensions]) => {
      const bytes = helloMessage(extensions.map(([kind, content]) => extension(kind, content)))
      bytes[0] = type
      return bytes
    })
  const damaged = fc.tuple(message, fc.nat(), fc.nat(255), fc.boolean()).map(([bytes, at, value, spoil]) => {
    if (spoil) bytes[at % bytes.length] = value
    return bytes
  })
  const input = fc.oneof(
    fc.tuple(damaged, fc.integer({ min: 1, max: 90 })).map(([bytes, size]) => records(bytes, size)),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.concat([Buffer.from([22, 3]), bytes])),
    fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
  )

  it('H-086 any split of them gives the same answer, and none throws', () => {
    fc.assert(
      fc.property(input, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 50 }), (bytes, sizes) => {
        expect(fed(parseClientHello, bytes, sizes)).toEqual(parseClientHello(bytes))
      }),
      { numRuns: 2_000 },
    )
  })
})
