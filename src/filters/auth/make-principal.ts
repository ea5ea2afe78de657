import { nullObject } from '../../null-object.js'
import type { Principal, PrincipalLike } from './principal.js'

const NONE: readonly string[] = Object.freeze([])
const LISTS = ['roles', 'scopes', 'groups'] as const

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

/** What keeps a value from being a {@link PrincipalLike}; `undefined` if nothing does. */
export function whyNoPrincipal(value: unknown): string | undefined {
  const like = value as Partial<Record<keyof Principal, unknown>> | null
  if (typeof like !== 'object' || like === null) return 'an object with an id'
  if (typeof like.id !== 'string' || like.id === '') return 'an object with a non-empty text as its id'
  if (like.scheme !== undefined && typeof like.scheme !== 'string') return 'a text as scheme'
  const odd = LISTS.find((name) => like[name] !== undefined && !isTexts(like[name]))
  if (odd !== undefined) return `an array of texts as ${odd}`
  const { claims } = like
  return claims === undefined || (typeof claims === 'object' && claims !== null) ? undefined : 'an object as claims'
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}
