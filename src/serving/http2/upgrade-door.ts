import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { EdgeError } from '../../errors.js'
import { OutcomeBuilder } from '../../outcome.js'
import { discard, errorReply, type Reply } from '../../reply.js'
import { fieldList } from '../framing.js'
import type { UpgradeDoor } from '../upgrade-door.js'
import { http2Head } from './fields.js'
import { writeHttp2Reply } from './reply-writer.js'
import { closeWithClient, resetStream } from './reset-stream.js'

/** The door of an extended CONNECT (RFC 8441): one stream, which goes on as the tunnel behind a 200. */
export function http2Door(req: Http2ServerRequest, res: Http2ServerResponse): UpgradeDoor {
  const { stream } = req
  closeWithClient(stream)
  return {
    req,
    socket: stream,
    head: Buffer.alloc(0),
    answer(reply, outcome = new OutcomeBuilder(performance.now())) {
      try {
        writeHttp2Reply(res, refused(reply), outcome)
      } catch {
        discard(reply)
        resetStream(res)
      }
    },
    open({ headers, status }) {
      // The proof is between us and the upstream: this client has sent no key (RFC 8441 §5).
      const { 'sec-websocket-accept': _, ...rest } = headers
      stream.respond(http2Head(200, fieldList(rest, status, undefined, true) as string[], null))
    },
    response: () => res,
  }
}

/** A 2xx would tell this client that its tunnel stands (RFC 9110 §9.3.6), where HTTP/1.1 has the 101 for that (H-072). */
function refused(reply: Reply): Reply {
  if (reply.status >= 300) return reply
  discard(reply)
  return errorReply(new EdgeError('ERR_EDGE_UPGRADE', `an upgrade was answered with ${reply.status}`))
}
