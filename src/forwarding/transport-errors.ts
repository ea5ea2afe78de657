import { EdgeError, errorCode } from '../errors.js'
import type { AttemptProgress } from './transport.js'

const TIMED_OUT: ReadonlySet<string> = new Set(['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT'])
const NOT_SENT: ReadonlySet<string> = new Set([
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'ERR_INVALID_CHAR',
  'ERR_HTTP_INVALID_HEADER_VALUE',
  'ERR_INVALID_HTTP_TOKEN',
  'ERR_UNESCAPED_CHARACTERS',
])
const TLS =
  /^(CERT_|ERR_TLS_|ERR_SSL_|SELF_SIGNED_|UNABLE_TO_|DEPTH_ZERO_|EPROTO$|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE)/
const MALFORMED = /^(HPE_|UND_ERR_HEADERS_OVERFLOW|ERR_HTTP_INVALID_STATUS_CODE)/

/** What Node or undici failed with, as one of ours: by its code, and by how far the attempt had come. */
export function toEdgeError(error: unknown, progress: AttemptProgress): EdgeError {
  if (error instanceof EdgeError) return error
  const code = errorCode(error)
  const options = { cause: error }
  if (NOT_SENT.has(code)) return new EdgeError('ERR_EDGE_BAD_VALUE', 'a field or target that cannot be sent', options)
  if (progress.phase === 'queued' || progress.phase === 'connecting') {
    if (TIMED_OUT.has(code)) return new EdgeError('ERR_EDGE_CONNECT_TIMEOUT', 'connection attempt timed out', options)
    if (TLS.test(code)) return new EdgeError('ERR_EDGE_TLS', `TLS with the upstream failed (${code})`, options)
    return new EdgeError('ERR_EDGE_CONNECT', `no connection to the upstream (${code || 'closed'})`, options)
  }
  const { message, name } = error instanceof Error ? error : { message: '', name: '' }
  if (
    MALFORMED.test(code) ||
    name === 'HTTPParserError' ||
    // undici says so of framing that contradicts itself, too; of a body cut short only once there is a reply.
    (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' && progress.phase !== 'replying') ||
    message === 'bad response' ||
    message === 'bad upgrade'
  ) {
    return new EdgeError('ERR_EDGE_BAD_REPLY', `upstream reply refused: not HTTP/1.1 (${code || message})`, options)
  }
  return new EdgeError('ERR_EDGE_UPSTREAM_RESET', `the upstream ended the connection (${code || 'closed'})`, options)
}
