import type { Claims } from './claims-mapping.js'
import type { IntrospectOptions } from './introspect-options.js'

/** Why an active token is not for us; `null` if nothing speaks against it. */
export function introspectionRules(options: IntrospectOptions): (claims: Claims) => string | null {
  const { issuer, audience, tokenTypes = ['Bearer'] } = options
  const types = new Set(tokenTypes.map((type) => type.toLowerCase()))
  const issuers = issuer === undefined ? null : new Set([issuer].flat())
  const audiences = audience === undefined ? null : new Set([audience].flat())
  return ({ token_type: type, iss, aud, exp, nbf }) => {
    if (type !== undefined && !(typeof type === 'string' && types.has(type.toLowerCase()))) return 'its type is another'
    if (issuers !== null && !(typeof iss === 'string' && issuers.has(iss))) return 'iss: check failed'
    if (audiences !== null && ![aud].flat().some((each) => typeof each === 'string' && audiences.has(each)))
      return 'aud: check failed'
    return [exp, nbf].every((date) => date === undefined || typeof date === 'number')
      ? null
      : 'one of its dates is none'
  }
}
