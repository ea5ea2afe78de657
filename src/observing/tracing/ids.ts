import { randomFillSync } from 'node:crypto'

const TRACE_ID = 16
const SPAN_ID = 8
/** 336 traces' worth: filled at once, as asking for each would cost more than all the rest, and asking for eight times as many costs half as much again. */
const POOL = 336 * (TRACE_ID + SPAN_ID)

/** Makes ids that nobody can guess and no two processes share, forked or restored ones included. */
export class IdSource {
  readonly #pool: Buffer = Buffer.alloc(POOL)
  readonly #fill: (buffer: Buffer) => unknown
  #at = POOL

  /** @param fill Source of chance. */
  constructor(fill: (buffer: Buffer) => unknown = randomFillSync) {
    this.#fill = fill
  }

  traceId(): string {
    return this.#take(TRACE_ID)
  }

  spanId(): string {
    return this.#take(SPAN_ID)
  }

  #take(size: number): string {
    if (this.#at + size > POOL) {
      this.#fill(this.#pool)
      this.#at = 0
    }
    const hex = this.#pool.toString('hex', this.#at, this.#at + size)
    this.#at += size
    return hex
  }
}

/** Bits of chance that a decision is made by: as many as a number holds, of the 56 right-most of a trace id. */
const BITS = 52

/**
 * Whether a trace belongs to a share of all, from 0 to 1. All who decide by the same share decide alike, as OpenTelemetry's consistent
 * probability sampling does (https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/).
 */
export function isSampled(traceId: string, share: number): boolean {
  return share === 1 || Number.parseInt(traceId.slice(18, 31), 16) >= (1 - share) * 2 ** BITS
}
