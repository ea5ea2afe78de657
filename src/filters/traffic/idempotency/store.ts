import type { Milliseconds } from '../../../options.js'

/** A reply that was given, to be given again. */
export interface KeptReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  /** `null` if it was too long to be kept. */
  readonly body: Uint8Array | null
}

/** What is known of a request with the same key: digest of what it was, and what it was answered, `null` while it is under way. */
export interface KnownRequest {
  readonly fingerprint: string
  readonly reply: KeptReply | null
}

/** Where {@link idempotency} keeps what was asked. Of two that begin at once, one must be told of the other. */
export interface IdempotencyStore {
  /** Notes that a request begins, for at most `runMs`; or tells what is known of one with this id. */
  begin(id: string, fingerprint: string, runMs: Milliseconds): KnownRequest | null | Promise<KnownRequest | null>
  /** Keeps what a request that has begun was answered. */
  finish(id: string, fingerprint: string, reply: KeptReply, keepMs: Milliseconds): void | Promise<void>
  /** Forgets a request that has begun and came to nothing, so that it can be asked again. */
  abandon(id: string): void | Promise<void>
}
