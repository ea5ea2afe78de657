import { fieldBlock, frame, type H2Field, type H2Frame, h2Frame } from './h2-raw.js'

/** The bytes of what an HTTP/2 server says, well-formed or not. */

const END_STREAM = 1
const END_HEADERS = 4
/** The most that a frame may hold unless a peer says otherwise (RFC 9113 §4.2). */
const MOST = 16_384
/** Number of the setting that limits streams (RFC 9113 §6.5.2). */
export const MAX_CONCURRENT_STREAMS = 3

export interface Ending {
  readonly end?: boolean
}

/** A block of fields: HEADERS, and CONTINUATION where it is long. */
export function fieldsFrames(stream: number, fields: readonly H2Field[], { end = false }: Ending = {}): Buffer {
  const block = fieldBlock(fields)
  const parts = Array.from({ length: Math.max(1, Math.ceil(block.length / MOST)) }, (_, nth) =>
    block.subarray(nth * MOST, (nth + 1) * MOST),
  )
  const frames = parts.map((part, nth) => {
    const flags = (nth === 0 && end ? END_STREAM : 0) | (nth === parts.length - 1 ? END_HEADERS : 0)
    return frame(nth === 0 ? h2Frame.headers : h2Frame.continuation, flags, stream, part)
  })
  return Buffer.concat(frames)
}

/** The head of a reply. */
export function headFrames(
  stream: number,
  status: number | string = 200,
  fields: readonly H2Field[] = [],
  ending?: Ending,
): Buffer {
  return fieldsFrames(stream, [[':status', String(status)], ...fields], ending)
}

export function dataFrame(stream: number, bytes: string, { end = false }: Ending = {}): Buffer {
  return frame(h2Frame.data, end ? END_STREAM : 0, stream, Buffer.from(bytes))
}

/** A whole reply. */
export function replyFrames(stream: number, body = 'ok', fields: readonly H2Field[] = []): Buffer {
  return Buffer.concat([headFrames(stream, 200, fields), dataFrame(stream, body, { end: true })])
}

export function goAwayFrame(lastStream: number, code: number): Buffer {
  return frame(h2Frame.goAway, 0, 0, words(lastStream, code))
}

export function settingsFrame(values: Readonly<Record<number, number>> = {}): Buffer {
  const parts = Object.entries(values).map(([id, value]) => Buffer.from([0, Number(id), ...words(value)]))
  return frame(h2Frame.settings, 0, 0, Buffer.concat(parts))
}

/** Takes whole frames off the front of what has come; the rest stays. */
export function takeFrames(bytes: Buffer): { frames: H2Frame[]; rest: Buffer } {
  const frames: H2Frame[] = []
  let rest = bytes
  while (rest.length >= 9) {
    const end = 9 + rest.readUIntBE(0, 3)
    if (rest.length < end) break
    const stream = rest.readUInt32BE(5) & 0x7fffffff
    frames.push({ type: rest[3]!, flags: rest[4]!, stream, payload: rest.subarray(9, end) })
    rest = rest.subarray(end)
  }
  return { frames, rest }
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length)
  for (const [nth, value] of values.entries()) bytes.writeUInt32BE(value, 4 * nth)
  return bytes
}
