import type { Exchange } from '../../exchange.js'
import type { Filter } from '../../filter.js'
import { type Bytes, check, checkOptions, optionError } from '../../options.js'
import { type DenialOptions, denier, guard } from '../denial.js'

export interface HeaderLimitsOptions extends DenialOptions {
  /** Most header fields. More than 200 never get as far as a filter. @default no limit but that */
  readonly maxFields?: number | undefined
  /** Most bytes of all fields together, each counted with its `: ` and line end. @default no limit but the server's `maxHeaderSize` */
  readonly maxBytes?: Bytes | undefined
  /** Most bytes of one field, likewise. @default no limit but the server's */
  readonly maxFieldBytes?: Bytes | undefined
}

/** `: ` and CRLF. */
const AROUND = 4

/**
 * Answers 431 (RFC 6585 §5) to requests with too many or too large header fields, as Apache's `LimitRequestFields` and
 * `LimitRequestFieldSize` or NGINX's `large_client_header_buffers`, for one route rather than a whole server. Fields are counted as
 * the client sent them, those that an edge takes away included.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const legacy = headerLimits({ maxFields: 50, maxBytes: 8_192 })
 * ```
 */
export function headerLimits(options: HeaderLimitsOptions): Filter {
  const size = check.whole(1, 2 ** 30)
  checkOptions('headerLimits', options, {
    maxFields: check.whole(1, 200),
    maxBytes: size,
    maxFieldBytes: size,
    events: check.object,
  })
  const {
    maxFields = Number.POSITIVE_INFINITY,
    maxBytes = Number.POSITIVE_INFINITY,
    maxFieldBytes = Number.POSITIVE_INFINITY,
  } = options
  if (Math.min(maxFields, maxBytes, maxFieldBytes) === Number.POSITIVE_INFINITY)
    throw optionError('headerLimits', 'maxFields', undefined, 'a number here, or as "maxBytes" or "maxFieldBytes"')
  return guard('headerLimits', denier('headerLimits', 431, options.events), (exchange) => {
    const { fields, bytes, largest } = measure(exchange)
    if (fields > maxFields) return `more than ${maxFields} header fields`
    if (bytes > maxBytes) return `more than ${maxBytes} bytes of header fields`
    return largest > maxFieldBytes ? `a header field of more than ${maxFieldBytes} bytes` : null
  })
}

function measure({ raw }: Exchange): { readonly fields: number; readonly bytes: number; readonly largest: number } {
  const { rawHeaders } = raw
  let fields = 0
  let bytes = 0
  let largest = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    // HTTP/2's pseudo-fields are the request line of old.
    if (rawHeaders[at]!.startsWith(':')) continue
    const size = rawHeaders[at]!.length + rawHeaders[at + 1]!.length + AROUND
    fields++
    bytes += size
    if (size > largest) largest = size
  }
  return { fields, bytes, largest }
}
