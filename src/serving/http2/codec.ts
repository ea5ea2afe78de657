import { randomBytes } from 'node:crypto'
import type { OutgoingHttpHeaders } from 'node:http'
import { constants, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import { EdgeError } from '../../errors.js'
import type { MutableHeaderMap } from '../../http/header-map.js'
import { readHttp2Fields } from '../../http/pseudo-fields.js'
import type { Codec } from '../codec.js'
import { hintFields } from '../framing.js'
import { bodyOf } from '../request-body.js'
import { isOfConnection } from './fields.js'
import { writeHttp2Reply } from './reply-writer.js'
import { closeWithClient, resetStream } from './reset-stream.js'

/**
 * HTTP/2, by the requests and responses that `node:http2` hands to frameworks. Only their heads are used: bodies are read from and
 * written to the stream itself, since the request's `complete` and `end`, and the response's `close`, tell too little or come too early.
 */
export const http2Codec: Codec<Http2ServerRequest, Http2ServerResponse> = {
  maxStatus: 599,
  carries: (name) => !isOfConnection(name),
  // A handshake (RFC 8441) is routed and guarded as HTTP/1.1's, which is a GET.
  method: (req) => (req.method === 'CONNECT' ? 'GET' : req.method),
  hostOf: () => null,
  fields(req, trusted, dropUnderscored) {
    const fields = readHttp2Fields(req.rawHeaders, trusted, dropUnderscored)
    if (req.stream.endAfterHeaders && fields.length)
      throw new EdgeError('ERR_EDGE_BAD_REQUEST', 'a Content-Length, and no body')
    // RFC 8441 §5: the client has no key; the handshake that goes upstream needs one.
    if (fields.upgrade !== null)
      (fields.headers as MutableHeaderMap)['sec-websocket-key'] = randomBytes(16).toString('base64')
    return fields
  },
  body: (req, length) => bodyOf(req, req.stream, req.stream.endAfterHeaders ? 0 : length, isWhole),
  hold({ stream }, traffic) {
    if (stream.session !== undefined) traffic.hold(stream.session)
  },
  isReceiving: ({ stream }) => !stream.endAfterHeaders && !stream.readableEnded && !stream.destroyed,
  isQueued: () => false,
  isGone: ({ stream }) => stream.destroyed || stream.closed,
  isSent,
  onClose({ stream }, listener) {
    closeWithClient(stream)
    stream.on('close', listener)
  },
  // Streams are framed apart from each other: what is wrong with one ends no session. A closing gateway closes those it holds.
  retire() {},
  inform({ stream }, status, headers) {
    if (stream.headersSent || stream.destroyed || stream.closed) return
    if (status === 102) return stream.additionalHeaders({ ':status': 102 })
    const hints = status === 103 ? hintFields(headers) : null
    if (hints === null) return
    try {
      stream.additionalHeaders({ ':status': 103, ...hints } as OutgoingHttpHeaders)
    } catch {
      // A hint that Node can't write is no loss.
    }
  },
  write: writeHttp2Reply,
  clear() {},
  breakOff: resetStream,
}

/**
 * Whether a reply's last byte is out. A stream that closes well is not always told to have finished before; one that breaks off is,
 * and so is one that Node has ended itself, to a HEAD, before there is a reply.
 */
function isSent({ stream }: Http2ServerResponse): boolean {
  const { headersSent, aborted, writableFinished, writableEnded, rstCode } = stream
  return headersSent && !aborted && (writableFinished || (writableEnded && rstCode === constants.NGHTTP2_NO_ERROR))
}

/** Whether a stream's `end` was its client's: Node ends what it resets and destroys, too. */
function isWhole({ stream }: Http2ServerRequest): boolean {
  return !stream.destroyed && !stream.aborted && stream.rstCode === constants.NGHTTP2_NO_ERROR
}
