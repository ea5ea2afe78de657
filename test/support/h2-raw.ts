import { connect } from 'node:net'
import { eventually } from '../../src/testing/eventually.js'

/** Types of HTTP/2 frames (RFC 9113 §6). */
export const h2Frame = {
  data: 0,
  headers: 1,
  resetStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const

/** Error codes (RFC 9113 §7). */
export const h2Error = { none: 0, protocol: 1, internal: 2, refused: 7, cancel: 8, calm: 11 } as const

const ACK = 1
const END_STREAM = 1
const END_HEADERS = 4

/** A frame as it came. */
export interface H2Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

export type H2Field = readonly [name: string, value: string]

/** An HTTP/2 client that sends what it is told, however malformed: attackers don't use libraries that repair it. */
export interface RawH2 extends AsyncDisposable {
  /** All that came, in order. */
  readonly frames: readonly H2Frame[]
  readonly closed: boolean
  headers(stream: number, fields: readonly H2Field[], options?: { readonly end?: boolean }): void
  data(stream: number, bytes: string | Buffer, options?: { readonly end?: boolean }): void
  reset(stream: number, code?: number): void
  send(bytes: Buffer): void
  /** The status of a stream's reply, once it is there. @throws Error when the stream is reset, or the connection ends, before. */
  status(stream: number): Promise<number>
  /** The code that a stream is reset with. @throws Error if it is not. */
  resetOf(stream: number): Promise<number>
  /** How a stream came out so far: its bytes, and whether it ended or was reset. */
  seen(stream: number): { readonly body: string; readonly ended: boolean; readonly reset: number | null }
}

/** Connects in cleartext, with prior knowledge. Frames that want an acknowledgement get one. */
export async function rawH2(port: number): Promise<RawH2> {
  const socket = connect(port, '127.0.0.1')
  const frames: H2Frame[] = []
  let closed = false
  let rest: Buffer = Buffer.alloc(0)
  socket.on('error', () => {})
  socket.on('close', () => {
    closed = true
  })
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 9) {
      const length = rest.readUIntBE(0, 3)
      if (rest.length < 9 + length) return
      const payload = Buffer.from(rest.subarray(9, 9 + length))
      const got = { type: rest[3]!, flags: rest[4]!, stream: rest.readUInt32BE(5) & 0x7fffffff, payload }
      rest = rest.subarray(9 + length)
      frames.push(got)
      if ((got.type === h2Frame.settings || got.type === h2Frame.ping) && (got.flags & ACK) === 0)
        socket.write(frame(got.type, ACK, 0, got.type === h2Frame.ping ? payload : Buffer.alloc(0)))
    }
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  // SETTINGS_HEADER_TABLE_SIZE 0: no reply's fields refer to those of another.
  socket.write(
    Buffer.concat([
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
      frame(h2Frame.settings, 0, 0, Buffer.from([0, 1, 0, 0, 0, 0])),
    ]),
  )
  const find = (stream: number, type: number): H2Frame | undefined =>
    frames.find((each) => each.stream === stream && each.type === type)
  const wait = (stream: number, type: number, what: string): Promise<H2Frame> =>
    eventually(
      () => {
        const found = find(stream, type)
        if (found === undefined && type !== h2Frame.resetStream && find(stream, h2Frame.resetStream) !== undefined)
          return { reset: true }
        return found ?? (closed ? { reset: false } : undefined)
      },
      { what: `${what} of stream ${stream}` },
    ).then((found) => {
      if ('reset' in found) throw new Error(found.reset ? `stream ${stream} was reset` : 'the connection ended')
      return found
    })
  return {
    frames,
    get closed() {
      return closed
    },
    headers(stream, fields, { end = true } = {}) {
      socket.write(frame(h2Frame.headers, END_HEADERS | (end ? END_STREAM : 0), stream, fieldBlock(fields)))
    },
    data(stream, bytes, { end = true } = {}) {
      socket.write(frame(h2Frame.data, end ? END_STREAM : 0, stream, Buffer.from(bytes)))
    },
    reset(stream, code = h2Error.cancel) {
      socket.write(resetFrame(stream, code))
    },
    send: (bytes) => void socket.write(bytes),
    status: async (stream) => statusOf((await wait(stream, h2Frame.headers, 'the reply')).payload),
    resetOf: async (stream) => (await wait(stream, h2Frame.resetStream, 'the reset')).payload.readUInt32BE(0),
    seen(stream) {
      const own = frames.filter((each) => each.stream === stream)
      const data = own.filter(({ type }) => type === h2Frame.data).map(({ payload }) => payload)
      return {
        body: Buffer.concat(data).toString('latin1'),
        ended: own.some(
          ({ type, flags }) => (type === h2Frame.data || type === h2Frame.headers) && (flags & END_STREAM) !== 0,
        ),
        reset: find(stream, h2Frame.resetStream)?.payload.readUInt32BE(0) ?? null,
      }
    },
    async [Symbol.asyncDispose]() {
      if (closed) return
      const gone = new Promise((resolve) => socket.once('close', resolve))
      socket.destroy()
      await gone
    },
  }
}

/** The fields of a plain request. */
export function h2Request(path: string, fields: readonly H2Field[] = [], method = 'GET'): H2Field[] {
  return [[':method', method], [':scheme', 'http'], [':path', path], [':authority', 'a.test'], ...fields]
}

/** The bytes of a frame. */
export function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

export function headersFrame(stream: number, fields: readonly H2Field[]): Buffer {
  return frame(h2Frame.headers, END_HEADERS | END_STREAM, stream, fieldBlock(fields))
}

export function resetFrame(stream: number, code: number): Buffer {
  const payload = Buffer.alloc(4)
  payload.writeUInt32BE(code)
  return frame(h2Frame.resetStream, 0, stream, payload)
}

/** Fields as literals without indexing (RFC 7541 §6.2.2), byte for byte as given. */
export function fieldBlock(fields: readonly H2Field[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]))
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1')
  const length: number[] = []
  if (bytes.length < 127) length.push(bytes.length)
  else {
    length.push(127)
    let more = bytes.length - 127
    for (; more >= 128; more >>= 7) length.push((more & 127) | 128)
    length.push(more)
  }
  return Buffer.concat([Buffer.from(length), bytes])
}

const STATIC_STATUS = [200, 204, 206, 304, 400, 404, 500]

/** The `:status` that a block of fields begins with. */
function statusOf(block: Buffer): number {
  let at = 0
  while ((block[at]! & 0xe0) === 0x20) at++
  const first = block[at]!
  if (first >= 0x88 && first <= 0x8e) return STATIC_STATUS[first - 0x88]!
  const length = block[at + 1]!
  const value = block.subarray(at + 2, at + 2 + (length & 127))
  return Number((length & 128) === 0 ? value.toString('latin1') : digits(value))
}

/** Digits as HPACK's Huffman code has them (RFC 7541, Appendix B): 0 to 2 in five bits, 3 to 9 in six. */
function digits(value: Buffer): string {
  const bits = [...value].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  let out = ''
  for (let at = 0; at + 5 <= bits.length; ) {
    const five = Number.parseInt(bits.slice(at, at + 5), 2)
    if (five <= 2) {
      out += five
      at += 5
      continue
    }
    const six = Number.parseInt(bits.slice(at, at + 6), 2)
    if (at + 6 > bits.length || six < 25 || six > 31) break
    out += six - 22
    at += 6
  }
  return out
}
