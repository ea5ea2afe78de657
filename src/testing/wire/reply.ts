import { WireError } from './error.js'
import { declaredFraming, type Framing } from './framing.js'
import type { Head } from './head.js'
import { WireMessage } from './message.js'

const STATUS_LINE = /^HTTP\/(1\.[01]) ([1-9]\d\d) ([\t\x20-\x7e\x80-\xff]*)$/

/** A reply as it stood on the wire. After a 101 (or a 2xx to CONNECT) `body` holds the tunnel's bytes. */
export class WireReply extends WireMessage {
  readonly status: number
  readonly reason: string
  /** Whether it is a 1xx other than 101, so that the real reply is still to come. */
  readonly interim: boolean

  /** @throws {@link WireError} if the status line or the framing is not strictly HTTP/1.0 or 1.1. */
  constructor(head: Head, method: string) {
    const match = STATUS_LINE.exec(head.startLine)
    if (match === null) throw new WireError('bad status line', head.bytes)
    const [, version = '', digits = '', reason = ''] = match
    const status = Number(digits)
    super(head, version, framingOf(head, version, status, method))
    this.status = status
    this.reason = reason
    this.interim = status < 200 && status !== 101
  }
}

function framingOf(head: Head, version: string, status: number, method: string): Framing {
  const declared = declaredFraming(head, version)
  if ((status < 200 || status === 204) && declared !== undefined) {
    // RFC 9110 section 8.6, RFC 9112 section 6.1: neither field belongs there, and peers disagree on what it means.
    throw new WireError(`${status} with Content-Length or Transfer-Encoding`, head.bytes)
  }
  if (status === 101 || (method === 'CONNECT' && status >= 200 && status < 300)) return { kind: 'tunnel' }
  if (status < 200 || status === 204 || status === 304 || method === 'HEAD') return { kind: 'none' }
  return declared ?? { kind: 'close' }
}
