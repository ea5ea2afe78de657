/** A place in a trace, as a `traceparent` names it. */
export interface TraceParent {
  /** 32 lower-case hexadecimal digits. */
  readonly traceId: string
  /** 16 of them: the span that asked. */
  readonly spanId: string
  /** Bit 0: the caller may have recorded the trace. Bit 1: the right-most 56 bits of its id are random (Level 2). Others are not kept. */
  readonly flags: number
}

export const SAMPLED = 1
const KNOWN_FLAGS = 3

const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[!-+\--~]*)?$/
const NO_TRACE = '0'.repeat(32)
const NO_SPAN = '0'.repeat(16)
/** Of version 00; later ones may add to it. */
const LENGTH = 55

/**
 * Reads a `traceparent` as strictly as W3C Trace Context has it (https://www.w3.org/TR/trace-context/#traceparent-header), or says `null`, upon
 * which a trace starts anew: version ff, ids of zeros only, upper case, a length that is not the version's, two fields in one. Of a
 * later version the part that this one knows is read (§3.2.4).
 */
export function readTraceparent(field: unknown): TraceParent | null {
  if (typeof field !== 'string' || field.length < LENGTH) return null
  const match = FORM.exec(field)
  if (match === null) return null
  const [, version, traceId, spanId, flags, more] = match
  if (version === 'ff' || (version === '00' && more !== undefined)) return null
  if (traceId === NO_TRACE || spanId === NO_SPAN) return null
  return { traceId: traceId!, spanId: spanId!, flags: Number.parseInt(flags!, 16) & KNOWN_FLAGS }
}

/** Writes version 00, the highest that there is a specification of. */
export function writeTraceparent({ traceId, spanId, flags }: TraceParent): string {
  return `00-${traceId}-${spanId}-0${flags & KNOWN_FLAGS}`
}
