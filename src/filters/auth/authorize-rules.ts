import type { Exchange } from '../../exchange.js'
import { type Check, check, checkOptions, optionError } from '../../options.js'
import { compilePaths } from '../../routing/path-set.js'
import { methodNames } from '../access/allow-methods.js'
import { type Principal, principalOf } from './principal.js'
import { compileRequirement, type Lack, type Requirement, requirementChecks } from './requirement.js'

/** Who may do what. */
export interface AuthorizeRule extends Requirement {
  /** Patterns on the canonical path below the base. @default any */
  readonly paths?: readonly string[] | undefined
  /** GET admits HEAD. @default any */
  readonly methods?: readonly string[] | undefined
}

export const ruleChecks: Readonly<Record<keyof AuthorizeRule, Check>> = {
  ...requirementChecks,
  paths: check.strings,
  methods: methodNames,
}

/** What rules say of an exchange. */
export type Decision =
  | { readonly outcome: 'pass'; readonly why: string }
  | { readonly outcome: 'unknown'; readonly why: string; readonly scopes?: undefined }
  | ({ readonly outcome: 'lacks' } & Lack)
  | { readonly outcome: 'ask'; readonly allow: Exclude<Requirement['allow'], 'anyone' | undefined> }

export interface RulesOptions extends AuthorizeRule {
  readonly rules?: readonly AuthorizeRule[] | undefined
  readonly otherwise?: 'deny' | 'known' | 'anyone' | undefined
  readonly caseSensitive?: boolean | undefined
}

interface Rule {
  fits(exchange: Exchange): boolean
  judge(principal: Principal | undefined, exchange: Exchange): Decision
}

const PASS: Decision = { outcome: 'pass', why: 'nothing speaks against it' }
const UNKNOWN: Decision = { outcome: 'unknown', why: 'nobody is known' }

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function compileRules(options: RulesOptions): (exchange: Exchange) => Decision {
  const { rules, otherwise = 'deny', caseSensitive = true } = options
  const single = Object.keys(ruleChecks).filter((name) => options[name as keyof AuthorizeRule] !== undefined)
  if (rules !== undefined && single.length > 0)
    throw optionError('authorize', 'rules', rules, `rules, or ${single.join(', ')} here, but not both`)
  for (const rule of rules ?? []) checkOptions('authorize rules', rule, ruleChecks)
  const compiled =
    rules?.map((rule, at) => compileRule(rule, `rules[${at}].`, caseSensitive)) ??
    (single.length === 0 && options.otherwise !== undefined ? [] : [compileRule(options, '', caseSensitive)])
  return (exchange) => {
    const principal = principalOf(exchange)
    const rule = compiled.find((each) => each.fits(exchange))
    if (rule !== undefined) return rule.judge(principal, exchange)
    if (otherwise === 'anyone' || (otherwise === 'known' && principal !== undefined)) return PASS
    return principal === undefined ? UNKNOWN : { outcome: 'lacks', why: 'no rule fits' }
  }
}

function compileRule(rule: AuthorizeRule, at: string, caseSensitive: boolean): Rule {
  const isPath = rule.paths === undefined ? null : compilePaths(rule.paths, 'authorize', `${at}paths`, caseSensitive)
  const methods = rule.methods === undefined ? null : new Set(rule.methods)
  if (methods?.has('GET')) methods.add('HEAD')
  const lackOf = compileRequirement(rule, at)
  const { allow } = rule
  return {
    fits: ({ method, target }) => (methods === null || methods.has(method)) && (isPath === null || isPath(target.path)),
    judge: (principal, exchange) => {
      if (allow === 'anyone') return PASS
      if (principal === undefined) return UNKNOWN
      const lack = lackOf(principal, exchange)
      if (lack !== null) return { outcome: 'lacks', ...lack }
      return allow === undefined ? PASS : { outcome: 'ask', allow }
    },
  }
}
