/** A token as it came; or why there is none. */
export type Found = string | typeof ABSENT | typeof MALFORMED | typeof SEVERAL
export const ABSENT: unique symbol = Symbol('no token')
export const MALFORMED: unique symbol = Symbol('a malformed credential')
/** RFC 6750 §2: a client uses one place for a token; of two, one might be checked and the other believed. */
export const SEVERAL: unique symbol = Symbol('more than one token')

const PREFIX = 'Bearer '
/** The scheme as a word of its own, in any case (RFC 9110 §11.1). */
const SCHEME = /^bearer(?![!#$%&'*+.^_`|~0-9A-Za-z-])/i
const SPACE = 32
/** RFC 9110 §11.2. */
const TOKEN_68 = /^[A-Za-z0-9\-._~+/]+=*$/

/**
 * Reads `Bearer TOKEN`: the scheme in any case, one space, a token (H-129). Another scheme is nobody's business here; what is no token
 * behind ours is malformed. The token's own characters are its verifier's to judge.
 */
export function readBearer(field: string): Found {
  if (!field.startsWith(PREFIX)) {
    if (!SCHEME.test(field)) return ABSENT
    if (field.charCodeAt(PREFIX.length - 1) !== SPACE) return MALFORMED
  }
  const token = field.slice(PREFIX.length)
  return token === '' ? MALFORMED : token
}

/** Whether a text can be a token of any kind. */
export function isToken68(text: string): boolean {
  return TOKEN_68.test(text)
}
