import type { Exchange } from '../../exchange.js'
import { type Check, check, optionError } from '../../options.js'
import { consumerOf } from './consumer.js'
import type { Principal } from './principal.js'

type ClaimValue = string | number | boolean | null

/** What a principal must be. Each kind that is given must be met; with none, being known is enough. */
export interface Requirement {
  /** Of the principal. @default none */
  readonly roles?: readonly string[] | undefined
  /** Of the principal, as tokens name them. @default none */
  readonly scopes?: readonly string[] | undefined
  /** Of the principal, or of the consumer it belongs to. @default none */
  readonly groups?: readonly string[] | undefined
  /** Claims by name: one of these values, which a list must have among its own; or a test. @default none */
  readonly claims?:
    | Readonly<Record<string, ClaimValue | readonly ClaimValue[] | ((value: unknown) => boolean)>>
    | undefined
  /**
   * How much of a list of roles, scopes or groups it takes: one of it, or all. @default any role, any group, all scopes: what an operation
   * asks of a token (RFC 6750 §3)
   */
  readonly mode?: 'any' | 'all' | undefined
  /**
   * The last word, once all else is met: only `true` lets pass. `'anyone'` lets pass whoever it is, known or not, and stands alone.
   * @default none
   */
  readonly allow?: 'anyone' | ((principal: Principal, exchange: Exchange) => boolean | Promise<boolean>) | undefined
}

/** What a principal lacks. */
export interface Lack {
  readonly why: string
  /** Scopes that were asked for, if these are what is missing. */
  readonly scopes?: readonly string[] | undefined
}

export const requirementChecks: Readonly<Record<keyof Requirement, Check>> = {
  roles: someTexts,
  scopes: (value) =>
    someTexts(value) === undefined && (value as string[]).every((scope) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope))
      ? undefined
      : 'scopes (RFC 6749 §3.3), at least one',
  groups: someTexts,
  claims: check.object,
  mode: check.oneOf('any', 'all'),
  allow: check.either(check.function, check.oneOf('anyone')),
}

/** Compiles all of it but `allow`: says what a principal lacks, or `null`. @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function compileRequirement(
  { roles, scopes, groups, claims = {}, mode, allow }: Requirement,
  at: string,
): (principal: Principal, exchange: Exchange) => Lack | null {
  const tests = Object.entries(claims).map(
    ([name, wanted]) => [name, compileClaim(wanted, `${at}claims.${name}`)] as const,
  )
  if (allow === 'anyone' && (roles ?? scopes ?? groups ?? tests[0] ?? mode) !== undefined)
    throw optionError('authorize', `${at}allow`, allow, 'with nothing else that is required')
  const [role, scope, group] = [has(roles, mode ?? 'any'), has(scopes, mode ?? 'all'), has(groups, mode ?? 'any')]
  return (principal, exchange) => {
    if (!role(principal.roles)) return { why: 'the principal lacks a role' }
    if (!scope(principal.scopes)) return { why: 'the principal lacks a scope', scopes }
    if (groups !== undefined && !group([...principal.groups, ...(consumerOf(exchange)?.groups ?? [])]))
      return { why: 'the principal lacks a group' }
    const missed = tests.find(([name, test]) => !Object.hasOwn(principal.claims, name) || !test(principal.claims[name]))
    return missed === undefined ? null : { why: `the claim ${missed[0]} is not as required` }
  }
}

function has(wanted: readonly string[] | undefined, mode: 'any' | 'all'): (given: readonly string[]) => boolean {
  if (wanted === undefined) return () => true
  return mode === 'any'
    ? (given) => wanted.some((each) => given.includes(each))
    : (given) => wanted.every((each) => given.includes(each))
}

function compileClaim(wanted: unknown, option: string): (value: unknown) => boolean {
  if (typeof wanted === 'function') return (value) => wanted(value) === true
  const values: readonly unknown[] = [wanted].flat()
  if (
    values.length === 0 ||
    !values.every((each) => each === null || ['string', 'number', 'boolean'].includes(typeof each))
  )
    throw optionError('authorize', option, wanted, 'a text, number, boolean or null, several, or a function')
  return (value) => [value].flat().some((each) => values.includes(each))
}

/** An empty list would ask for nothing, or for what nobody has. */
function someTexts(value: unknown): string | undefined {
  return check.strings(value) === undefined && (value as string[]).length > 0
    ? undefined
    : 'an array of strings, at least one'
}
