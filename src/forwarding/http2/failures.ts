import { constants } from 'node:http2'
import { EdgeError } from '../../errors.js'
import type { AttemptProgress } from '../transport.js'
import { toEdgeError } from '../transport-errors.js'

const { NGHTTP2_PROTOCOL_ERROR, NGHTTP2_FRAME_SIZE_ERROR, NGHTTP2_COMPRESSION_ERROR, NGHTTP2_REFUSED_STREAM } =
  constants

/** Codes that Node resets a stream with itself, when the reply on it is malformed (RFC 9113 §8.1.1). */
const MALFORMED: ReadonlySet<number> = new Set([
  NGHTTP2_PROTOCOL_ERROR,
  NGHTTP2_FRAME_SIZE_ERROR,
  NGHTTP2_COMPRESSION_ERROR,
])

/**
 * What a stream failed with, as one of ours.
 *
 * @param code Of the RST_STREAM or GOAWAY that ended it; 0 if its connection just ended.
 * @param unseen Whether the upstream has said that it has not looked at it (RFC 9113 §8.7).
 */
export function streamFailure(reason: Error, code: number, unseen: boolean, progress: AttemptProgress): EdgeError {
  if (reason instanceof EdgeError) return reason
  const options = { cause: reason }
  if (progress.phase === 'sent-head' || progress.phase === 'sent-body') {
    if (unseen || code === NGHTTP2_REFUSED_STREAM)
      return new EdgeError('ERR_EDGE_STREAM_REFUSED', 'the upstream has not looked at this request', options)
    if (MALFORMED.has(code) || (reason as NodeJS.ErrnoException).code === 'ERR_HTTP2_ERROR')
      return new EdgeError('ERR_EDGE_BAD_REPLY', `upstream reply refused: not HTTP/2 (${code})`, options)
  }
  return toEdgeError(reason, progress)
}
