import type { Filter } from '../../filter.js'
import { type Bytes, check, checkOptions, optionError } from '../../options.js'
import { type DenialOptions, denier, guard } from '../denial.js'

export interface UriLimitsOptions extends DenialOptions {
  /** Longest path with its query. @default no limit but the server's `maxHeaderSize` */
  readonly maxLength?: Bytes | undefined
  /** Longest query, its `?` included. @default no limit but that */
  readonly maxQueryLength?: Bytes | undefined
  /** Most parameters in a query: parsers further on make a key of each (H-201). @default no limit */
  readonly maxQueryParameters?: number | undefined
}

/**
 * Answers 414 (RFC 9110 §15.5.15) to targets that are too long, as Apache's `LimitRequestLine`. What counts is the canonical target
 * below the base; a path longer than the gateway's `maxPathLength` never gets as far as a filter.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const search = uriLimits({ maxLength: 2_000, maxQueryParameters: 50 })
 * ```
 */
export function uriLimits(options: UriLimitsOptions): Filter {
  const size = check.whole(1, 2 ** 30)
  checkOptions('uriLimits', options, {
    maxLength: size,
    maxQueryLength: size,
    maxQueryParameters: size,
    events: check.object,
  })
  const {
    maxLength = Number.POSITIVE_INFINITY,
    maxQueryLength = Number.POSITIVE_INFINITY,
    maxQueryParameters = Number.POSITIVE_INFINITY,
  } = options
  if (Math.min(maxLength, maxQueryLength, maxQueryParameters) === Number.POSITIVE_INFINITY)
    throw optionError(
      'uriLimits',
      'maxLength',
      undefined,
      'a number here, or as "maxQueryLength" or "maxQueryParameters"',
    )
  return guard('uriLimits', denier('uriLimits', 414, options.events), ({ target }) => {
    const { href, query } = target
    if (href.length > maxLength) return `the target is longer than ${maxLength} bytes`
    if (query.length > maxQueryLength) return `the query is longer than ${maxQueryLength} bytes`
    return hasMore(query, maxQueryParameters) ? `more than ${maxQueryParameters} query parameters` : null
  })
}

/** Whether a query has more parameters; stops counting there. Some parsers split at `;`, too. */
function hasMore(query: string, most: number): boolean {
  if (query.length / 2 <= most) return false
  let count = 1
  for (let at = 1; at < query.length; at++) {
    const code = query.charCodeAt(at)
    if ((code === 38 || code === 59) && ++count > most) return true
  }
  return false
}
