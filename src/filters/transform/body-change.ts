import type { Body, StreamBody } from '../../body.js'
import type { Exchange } from '../../exchange.js'
import type { MediaType } from '../../http/media-type.js'
import type { Bytes } from '../../options.js'

/** What is made of the bodies of one direction. */
export interface BodyChange {
  /** Whether bodies of this type are meant. */
  matches(type: MediaType): boolean
  /** Whether text in this charset can be read; `undefined` for none stated. */
  readsCharset(charset: string | undefined): boolean
  /** The type of what comes out; `undefined` where it stays. */
  readonly contentType: string | undefined
  readonly work: WholeWork | FlowWork
}

/** Work on a body that must be there to its end. */
export interface WholeWork {
  readonly kind: 'whole'
  readonly maxBytes: Bytes
  /** @throws {@link Unreadable} */
  run(text: string, exchange: Exchange): string | Promise<string>
}

/** Work on a body as it flows. */
export interface FlowWork {
  readonly kind: 'flow'
  /** Whether the body may turn out to be unreadable: a reply's head then waits for the first bytes. */
  readonly mayFail: boolean
  /** @param failure Makes an error of what is wrong with the body. */
  run(body: Body, failure: Failure, exchange: Exchange): StreamBody
}

/** Makes the error of a body that can't be read: a 400 of a request, a 502 of a reply. */
export type Failure = (why: string, cause?: unknown) => Error

/** Says that a body is not what its type promises. The message goes to whoever sent it: nothing of the body is in it. */
export class Unreadable extends Error {}

/** UTF-8 by its name, or by none: what JSON is in (RFC 8259 §8.1), and what text is in by default today. */
export function isUtf8Charset(charset: string | undefined): boolean {
  return charset === undefined || /^utf-?8$/i.test(charset)
}
