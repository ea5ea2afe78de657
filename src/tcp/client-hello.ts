import { parseAuthority } from '../http/authority.js'
import { bad, done, more, type Parsed } from './parsed.js'

/** What a TLS client says before anything is encrypted. */
export interface ClientHello {
  /** Host that it asks for (SNI), lower case; `null` if it names none. Nobody has proved anything by it. */
  readonly serverName: string | null
  /** Protocols that it offers (ALPN), as `h2`, in its order; empty if it offers none. */
  readonly protocols: readonly string[]
}

const HANDSHAKE = 22
const CLIENT_HELLO = 1
const RECORD_HEAD = 5
const MESSAGE_HEAD = 4
/** RFC 8446 §5.1: a plaintext record is no longer. */
const RECORD_LIMIT = 16_384
const SERVER_NAME = 0
const HOST_NAME = 0
const ALPN = 16

/**
 * Reads a ClientHello (RFC 8446 §4.1.2, RFC 6066 §3, RFC 7301) from the first bytes of a connection, over as many records as it
 * takes; `null` for a connection that does not begin as TLS does. It never throws, and nothing counts as read (`length` is 0): the
 * bytes are for whoever ends the TLS.
 *
 * @example
 * ```ts
 * socket.once('data', (first) => {
 *   const hello = parseClientHello(first)
 *   if (hello.state === 'done') console.log(hello.value?.serverName ?? 'no TLS, or no name')
 * })
 * ```
 */
export function parseClientHello(bytes: Uint8Array): Parsed<ClientHello | null> {
  const parts: Uint8Array[] = []
  let have = 0
  let size = MESSAGE_HEAD
  let at = 0
  while (have < size) {
    // A message in many small records is looked at again once it may be whole, not at each of them.
    const least = at + RECORD_HEAD + (size - have)
    if (bytes.length > at && bytes[at] !== HANDSHAKE) return at === 0 ? done(null, 0) : bad('broken off')
    // SSL 3.0 to TLS 1.3 all have 3 there.
    if (bytes.length > at + 1 && bytes[at + 1] !== 3) return at === 0 ? done(null, 0) : bad('a record of no version')
    if (bytes.length < at + RECORD_HEAD) return more(bytes.length < 2 ? bytes.length + 1 : least)
    const length = (bytes[at + 3]! << 8) | bytes[at + 4]!
    if (length === 0 || length > RECORD_LIMIT) return bad(`a record of ${length} bytes`)
    const end = at + RECORD_HEAD + length
    if (bytes.length < end) return more(Math.max(end, least))
    parts.push(bytes.subarray(at + RECORD_HEAD, end))
    have += length
    at = end
    if (size === MESSAGE_HEAD && have >= MESSAGE_HEAD) {
      const head = Buffer.concat(parts)
      if (head[0] !== CLIENT_HELLO) return bad('not a ClientHello')
      size += head.readUIntBE(1, 3)
    }
  }
  return readHello(Buffer.concat(parts).subarray(MESSAGE_HEAD, size))
}

function readHello(message: Buffer): Parsed<ClientHello> {
  try {
    const cursor = new Cursor(message)
    cursor.take(2 + 32) // version, random
    cursor.vector(1) // session
    cursor.vector(2) // cipher suites
    cursor.vector(1) // compression
    const hello: { serverName: string | null; protocols: readonly string[] } = { serverName: null, protocols: [] }
    if (cursor.left === 0) return done(hello, 0)
    const seen = new Set<number>()
    for (const extensions = new Cursor(cursor.vector(2)); extensions.left > 0; ) {
      const type = extensions.number(2)
      const content = extensions.vector(2)
      // RFC 8446 §4.2; the second of two names is not for anybody to choose from.
      if (seen.has(type)) return bad('an extension twice')
      seen.add(type)
      if (type === SERVER_NAME) hello.serverName = readServerName(new Cursor(content))
      if (type === ALPN) hello.protocols = readProtocols(new Cursor(content))
    }
    return cursor.left === 0 ? done(hello, 0) : bad('bytes behind the extensions')
  } catch (error) {
    if (error instanceof Malformed) return bad(error.message)
    throw error
  }
}

function readServerName(cursor: Cursor): string | null {
  let found: string | null = null
  for (const names = new Cursor(cursor.vector(2)); names.left > 0; ) {
    const type = names.number(1)
    const name = names.vector(2).toString('latin1')
    if (type !== HOST_NAME) continue
    const authority = parseAuthority(name)
    if (found !== null || authority === null || authority.port !== null) throw new Malformed('not one host name')
    found = authority.host
  }
  if (cursor.left > 0) throw new Malformed('bytes behind the names')
  return found
}

function readProtocols(cursor: Cursor): string[] {
  const found: string[] = []
  for (const names = new Cursor(cursor.vector(2)); names.left > 0; ) found.push(names.vector(1).toString('latin1'))
  if (cursor.left > 0) throw new Malformed('bytes behind the protocols')
  return found
}

class Malformed extends Error {}

/** Takes a message apart from front to back. @throws Malformed at its end. */
class Cursor {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  take(count: number): Buffer {
    if (count > this.left) throw new Malformed('a length that runs past the end')
    this.#at += count
    return this.#bytes.subarray(this.#at - count, this.#at)
  }

  number(size: number): number {
    return this.take(size).readUIntBE(0, size)
  }

  /** What a length of so many bytes stands in front of. */
  vector(size: number): Buffer {
    return this.take(this.number(size))
  }
}
