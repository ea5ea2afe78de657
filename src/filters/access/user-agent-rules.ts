import type { Filter } from '../../filter.js'
import { fieldValue } from '../../http/header-map.js'
import { type Bytes, check, checkOptions, optionError } from '../../options.js'
import { type DenialOptions, denier, guard } from '../denial.js'
import { compileText, type TextPattern, type TextTest } from './text-pattern.js'

export interface UserAgentRulesOptions extends DenialOptions {
  /** Who may pass; all others are denied then. @default everybody */
  readonly allow?: readonly TextPattern[] | undefined
  /** Who may not, even if allowed: deny wins. @default nobody */
  readonly deny?: readonly TextPattern[] | undefined
  /** What becomes of requests without User-Agent. @default 'allow' */
  readonly missing?: 'allow' | 'deny' | undefined
  /** A longer field is denied, as it could hide what stands behind; bounds what a pattern can cost. @default 512 */
  readonly maxLength?: Bytes | undefined
}

/**
 * Denies clients with 403 by what they say they are: the whole field as a text, with `*` for any run of characters, or regular
 * expressions of a safe kind; case does not count. Keeps honest robots out. Everybody can claim to be anything, so never let a
 * User-Agent stand for a credential (H-137).
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`, also for a regular expression that could take long for the wrong field.
 * @example
 * ```ts
 * const robots = userAgentRules({ deny: ['*bot*', 'curl/*', /^python-requests\/[0-9.]+$/] })
 * ```
 */
export function userAgentRules(options: UserAgentRulesOptions): Filter {
  checkOptions('userAgentRules', options, {
    allow: check.array,
    deny: check.array,
    missing: check.oneOf('allow', 'deny'),
    maxLength: check.whole(1, 2048),
    events: check.object,
  })
  const { allow, deny, missing = 'allow', maxLength = 512 } = options
  if (allow === undefined && deny === undefined)
    throw optionError('userAgentRules', 'allow', undefined, 'patterns here, or as "deny"')
  const allowed = allow === undefined ? null : compileAll(allow, 'allow')
  const denied = compileAll(deny ?? [], 'deny')
  return guard('userAgentRules', denier('userAgentRules', 403, options.events), ({ headers }) => {
    const agent = fieldValue(headers, 'user-agent')
    if (agent === undefined) return missing === 'allow' ? null : 'no User-Agent'
    if (agent.length > maxLength) return `the User-Agent is longer than ${maxLength} bytes`
    if (denied.some((test) => test(agent))) return 'the User-Agent is on the deny list'
    return allowed === null || allowed.some((test) => test(agent)) ? null : 'the User-Agent is not on the allow list'
  })
}

function compileAll(patterns: readonly TextPattern[], option: string): TextTest[] {
  return patterns.map((pattern) => compileText(pattern, 'userAgentRules', option))
}
