import { type Check, check } from '../../../options.js'
import { makePrincipal } from '../make-principal.js'
import type { Principal } from '../principal.js'

/** What a token says of its bearer, by name. */
export type Claims = Readonly<Record<string, unknown>>

/** A claim by name, one within others by its path, or what a function makes of all. Names may hold dots: `https://example.com/roles` is one. */
export type ClaimPath = string | readonly string[] | ((claims: Claims) => unknown)

/** Which claims make a principal. Lists are arrays of texts, or one text, of which scopes are split at spaces (RFC 8693 §4.2). */
export interface ClaimsMapping {
  /** Without one that is a text a token is rejected. @default 'sub' */
  readonly id?: ClaimPath | undefined
  /** Where roles are. @default 'roles' */
  readonly roles?: ClaimPath | undefined
  /** Where scopes are. @default 'scope', or 'scp' where there is none */
  readonly scopes?: ClaimPath | undefined
  /** Where groups are. @default 'groups' */
  readonly groups?: ClaimPath | undefined
}

/** The principal of a token; `null` for one that names nobody. */
export type ReadPrincipal = (claims: Claims) => Principal | null

const path: Check = check.either(check.string, check.strings, check.function)

export const mappingChecks: Readonly<Record<keyof ClaimsMapping, Check>> = {
  id: path,
  roles: path,
  scopes: path,
  groups: path,
}

export function compileMapping(scheme: string, mapping: ClaimsMapping): ReadPrincipal {
  const { id = 'sub', roles = 'roles', scopes = scopesOf, groups = 'groups' } = mapping
  return (claims) => {
    const name = read(claims, id)
    if (typeof name !== 'string' || name === '') return null
    return makePrincipal(scheme, {
      id: name,
      roles: listOf(read(claims, roles)),
      scopes: listOf(read(claims, scopes), ' '),
      groups: listOf(read(claims, groups)),
      claims: freezeAll(claims),
    })
  }
}

function scopesOf(claims: Claims): unknown {
  return read(claims, 'scope') ?? read(claims, 'scp')
}

function read(claims: Claims, from: ClaimPath): unknown {
  if (typeof from === 'function') return from(claims)
  let value: unknown = claims
  for (const name of [from].flat()) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Record<string, unknown>)[name]
  }
  return value
}

function listOf(value: unknown, separator?: string): readonly string[] {
  const list = typeof value === 'string' ? (separator === undefined ? [value] : value.split(separator)) : [value].flat()
  return Object.freeze(list.filter((each) => typeof each === 'string' && each !== '') as string[])
}

/** Many exchanges share what one token says: what one changed, all would see (H-130). */
function freezeAll<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) freezeAll(inner)
  return Object.freeze(value)
}
