import { WireError } from './error.js'
import { declaredFraming } from './framing.js'
import type { Head } from './head.js'
import { WireMessage } from './message.js'

const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e]+) HTTP\/(1\.[01])$/

/** A request as it stood on the wire. */
export class WireRequest extends WireMessage {
  readonly method: string
  /** The request target, byte for byte. */
  readonly target: string

  /** @throws {@link WireError} if the request line or the framing is not strictly HTTP/1.0 or 1.1. */
  constructor(head: Head) {
    const match = REQUEST_LINE.exec(head.startLine)
    if (match === null) throw new WireError('bad request line', head.bytes)
    const [, method = '', target = '', version = ''] = match
    super(head, version, declaredFraming(head, version) ?? { kind: 'none' })
    this.method = method
    this.target = target
  }
}
