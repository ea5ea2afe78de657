export type { JwtAlgorithm } from './algorithms.js'
export type { FetchLike } from './bounded-fetch.js'
export type { ClaimPath, Claims, ClaimsMapping } from './claims-mapping.js'
export { forwardAuth } from './forward-auth.js'
export type {
  FieldClaims,
  ForwardAuthCacheOptions,
  ForwardAuthOptions,
  PrincipalFields,
} from './forward-auth-options.js'
export { introspect } from './introspect.js'
export type { IntrospectionCacheOptions, IntrospectOptions } from './introspect-options.js'
export { jwt } from './jwt.js'
export type { JwtOptions } from './jwt-options.js'
export type { JsonWebKeySet } from './key-source.js'
export type { TokenMemoryOptions } from './token-memory.js'
export type { TokenOptions } from './token-options.js'
export type { TokenPlace } from './token-places.js'
export type { JsonWebKey, KeyMaterial } from './verification-key.js'
