import { nullObject } from '../../null-object.js'
import type { Principal, PrincipalLike } from './principal.js'

const NONE: readonly string[] = Object.freeze([])

/** A whole principal of what a verifier said; frozen, as many exchanges may share one. */
export function makePrincipal(scheme: string, like: PrincipalLike): Principal {
  const claims: Record<string, unknown> = nullObject()
  for (const [name, value] of Object.entries(like.claims ?? {})) claims[name] = value
  return Object.freeze({
    id: like.id,
    scheme: like.scheme ?? scheme,
    roles: like.roles ?? NONE,
    scopes: like.scopes ?? NONE,
    groups: like.groups ?? NONE,
    claims: Object.freeze(claims),
  })
}
