import type { Transform } from 'node:stream'
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib'
import type { Body, StreamBody } from '../../body.js'
import { through } from '../../body-through.js'
import { codingName } from '../../http/accept-encoding.js'
import { listMembers } from '../../http/field-list.js'
import { relay } from './relay.js'
import { ZstdFrames } from './zstd-frames.js'

/** A decoder of one coding. `failure` makes an error of what is wrong with the bytes. */
export type Decoder = (body: Body, failure: (cause: Error) => Error) => StreamBody

/** What is behind the end is refused rather than dropped: who reads this behind us might see more than we did. */
const strict = { rejectGarbageAfterEnd: true }
/** A window of 8 MiB, the most that a sender may ask for (RFC 9659 §3). */
const zstd = { params: { [constants.ZSTD_d_windowLogMax]: 23 } }

const DECODERS: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  // Several members are one stream (RFC 1952 §2.2), which `strict` would refuse; Node refuses anything else behind them.
  ['gzip', (body, failure) => through(body, () => createGunzip(), { failure })],
  ['deflate', (body, failure) => through(body, inflater, { failure })],
  ['br', (body, failure) => through(body, () => createBrotliDecompress(strict), { failure })],
  ['zstd', (body, failure) => through(inFrames(body, failure), () => createZstdDecompress(zstd), { failure })],
])

/** The codings that can be undone, as an Accept-Encoding field. */
export const DECODABLE: string = [...DECODERS.keys()].join(', ')

/**
 * What undoes a Content-Encoding, the last coding first; empty where there is nothing to undo.
 *
 * @returns `null` for a coding that is not known, or more codings than `most`.
 */
export function decodersFor(contentEncoding: string, most: number): readonly Decoder[] | null {
  const codings = listMembers(contentEncoding).filter((coding) => coding.toLowerCase() !== 'identity')
  if (codings.length > most) return null
  const decoders = codings.toReversed().map((coding) => DECODERS.get(codingName(coding)))
  return decoders.some((decoder) => decoder === undefined) ? null : (decoders as Decoder[])
}

/** HTTP's deflate is in zlib's format (RFC 9110 §8.4.1.2), but many have sent it bare; the first byte tells. */
function inflater(first: Uint8Array): Transform {
  return (first[0]! & 0x0f) === 0x08 ? createInflate(strict) : createInflateRaw(strict)
}

/** The same bytes, in chunks that Node's decoder does right by; one that is cut fails. */
function inFrames(body: Body, failure: (cause: Error) => Error): StreamBody {
  const frames = new ZstdFrames()
  return relay(
    body,
    (chunk, out) => {
      let room = true
      for (const piece of frames.split(chunk)) room = out.push(piece)
      return room
    },
    (out) => {
      if (frames.whole || out.received === 0) out.end()
      else out.fail(failure(new Error('unexpected end of zstd frame')))
    },
  )
}
