import type { IncomingMessage, ServerResponse } from 'node:http'
import { EdgeError } from '../errors.js'
import { fieldValue, type HeaderMap } from '../http/header-map.js'
import { splitLinks } from '../http/links.js'
import { readRequestFields } from '../http/request-fields.js'
import type { Codec } from './codec.js'
import { hintFields } from './framing.js'
import { isReceiving } from './linger.js'
import { breakOff, writeReply } from './reply-writer.js'
import { requestBody } from './request-body.js'

/** HTTP/1.1, and 1.0, by `node:http`. */
export const http1Codec: Codec<IncomingMessage, ServerResponse> = {
  maxStatus: 999,
  carries: () => true,
  method: (req) => req.method ?? 'GET',
  hostOf(req) {
    const raw = req.rawHeaders
    for (let at = 0; at < raw.length; at += 2)
      if (raw[at]!.length === 4 && raw[at]!.toLowerCase() === 'host') return raw[at + 1]!
    return null
  },
  fields(req, trusted, dropUnderscored) {
    const { httpVersion } = req
    const fields = readRequestFields(req.rawHeaders, httpVersion, trusted, dropUnderscored)
    // Node takes `HTTP/0.9` and `HTTP/2.0` request lines on an HTTP/1 connection for what they say (H-016).
    if (httpVersion !== '1.1' && httpVersion !== '1.0')
      throw new EdgeError('ERR_EDGE_BAD_REQUEST', 'HTTP version other than 1.0 and 1.1')
    return fields
  },
  body: requestBody,
  hold() {},
  isReceiving,
  // Node hands out pipelined requests all at once.
  isQueued: (res) => res.socket === null && !res.destroyed,
  // Node hands out what it has read behind the last request of a connection, once that is answered, as if it could be answered, too:
  // behind a request that was refused, perhaps, and then nobody knows what is a request (H-002 to H-012).
  isGone: (res) => res.destroyed || res.socket?.writableEnded === true,
  isSent: (res) => res.writableFinished,
  onClose: (res, listener) => void res.on('close', listener),
  retire(res) {
    res.shouldKeepAlive = false
  },
  inform(res, status, headers) {
    if (res.headersSent || res.destroyed || res.req.httpVersion === '1.0') return
    if (status === 102) return res.writeProcessing()
    const hints = status === 103 ? hintFields(headers) : null
    if (hints === null) return
    try {
      res.writeEarlyHints({ ...hints, link: splitLinks(fieldValue(hints, 'link')!) } as never)
    } catch {
      // Node takes the usual forms of a link only; a hint that it can't write is no loss.
    }
  },
  write: writeReply,
  clear(res: ServerResponse, fields: HeaderMap) {
    for (const name in fields) res.removeHeader(name)
    res.statusMessage = ''
  },
  breakOff,
}
