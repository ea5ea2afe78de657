import type { Filter } from '../../filter.js'
import { isJson } from '../../http/media-type.js'
import { check, checkOptions } from '../../options.js'
import type { DenialOptions } from '../denial.js'
import { bodyGuard } from './body-guard.js'
import { DEFAULT_MAX_BYTES, type JsonBodyOptions, jsonLimitChecks, jsonLimitsOf, readJson } from './json-text.js'
import { type Refusal, refuser } from './refusal.js'
import { typedPlan } from './typed-plan.js'

export interface JsonLimitsOptions extends JsonBodyOptions, DenialOptions {
  /**
   * What becomes of bodies that are not said to be JSON: `pass` lets them by unread, which is right where the upstream goes by the
   * media type; `refuse` answers 415. @default 'pass'
   */
  readonly otherTypes?: 'pass' | 'refuse' | undefined
}

/**
 * Refuses JSON that costs its reader more than its length tells: deep nesting, objects and arrays of very many, names that stand twice.
 * What is too much is a 400, what is too long a 413, what is no JSON a 400, a Content-Type that is none a 415 (H-203). What
 * passes goes on as the bytes that came.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const api = { path: '/api/**', filters: [jsonLimits({ maxDepth: 16, maxItems: 500 })], handler: forward({ pool }) }
 * ```
 */
export function jsonLimits(options: JsonLimitsOptions = {}): Filter {
  checkOptions('jsonLimits', options, {
    ...jsonLimitChecks,
    otherTypes: check.oneOf('pass', 'refuse'),
    events: check.object,
  })
  const { maxBytes = DEFAULT_MAX_BYTES, otherTypes = 'pass', events } = options
  const limits = jsonLimitsOf(options)
  const judge = (body: Uint8Array): Refusal | null => {
    const read = readJson(body, limits)
    return 'status' in read ? read : null
  }
  return bodyGuard({
    filterName: 'jsonLimits',
    maxBytes,
    refuse: refuser('jsonLimits', events),
    plan: typedPlan('application/json', isJson, otherTypes, judge),
  })
}
