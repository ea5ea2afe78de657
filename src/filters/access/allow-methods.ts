import type { Filter } from '../../filter.js'
import { check, checkOptions, optionError } from '../../options.js'
import { type DenialOptions, denier, guard } from '../denial.js'

export interface AllowMethodsOptions extends DenialOptions {
  /** Method names; GET admits HEAD. An upgrade is a GET. */
  readonly methods: readonly string[]
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/**
 * Answers every other method with 405 and Allow (RFC 9110 §15.5.6), as NGINX's `limit_except` or Apache's `AllowMethods`. A route's
 * `methods` say which requests are the route's; this says which of those are allowed.
 *
 * Method names are compared as they are: RFC 9110 §9.1 makes them case-sensitive. CORS preflights are OPTIONS: list it, or put what
 * answers them in front.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const readOnly = allowMethods({ methods: ['GET', 'OPTIONS'] })
 * ```
 */
export function allowMethods(options: AllowMethodsOptions): Filter {
  checkOptions('allowMethods', options, { methods: methodNames, events: check.object })
  if (options.methods === undefined) throw optionError('allowMethods', 'methods', undefined, methodNames(undefined)!)
  const allowed = new Set(options.methods)
  if (allowed.has('GET')) allowed.add('HEAD')
  const deny = denier('allowMethods', 405, options.events, { allow: [...allowed].sort().join(', ') })
  return guard('allowMethods', deny, ({ method }) => (allowed.has(method) ? null : 'the method is not allowed'))
}

export function methodNames(value: unknown): string | undefined {
  const named = (name: unknown): boolean => typeof name === 'string' && TOKEN.test(name)
  return Array.isArray(value) && value.length > 0 && value.every(named) ? undefined : 'an array of method names'
}
