export type { Authenticator, AuthOptions } from './authenticator.js'
export { type Consumer, consumerOf } from './consumer.js'
export type { IdentityHeaders, IdentityValue } from './identity-headers.js'
export { type Principal, type PrincipalLike, principalOf } from './principal.js'
