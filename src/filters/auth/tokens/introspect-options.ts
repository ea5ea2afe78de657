import { check, checkOptions, type Milliseconds, optionError } from '../../../options.js'
import { checkUrl } from './bounded-fetch.js'
import { memoryChecks, type TokenMemoryOptions } from './token-memory.js'
import { checkTokens, type TokenOptions, tokenChecks } from './token-options.js'

/** How long answers of an introspection endpoint are believed. */
export interface IntrospectionCacheOptions extends TokenMemoryOptions {
  /** That a token is active; no longer than its `exp`. How long a revoked one still works. @default 60_000 */
  readonly maxAgeMs?: Milliseconds | undefined
  /** That it is not. They have as much room again as active ones, so that they push none out. @default 5000 */
  readonly inactiveMaxAgeMs?: Milliseconds | undefined
}

export interface IntrospectOptions extends TokenOptions {
  /** The introspection endpoint; https, or http to this machine. */
  readonly endpoint: string
  /** Who this API is to the endpoint, as Basic credentials (RFC 6749 §2.3.1). @default none */
  readonly clientId?: string | undefined
  /** With `clientId`: the secret that goes with it. @default none */
  readonly clientSecret?: string | undefined
  /** An Authorization field in their place, or what makes one, as `Bearer …`. @default none */
  readonly authorization?: string | (() => string | Promise<string>) | undefined
  /** What the endpoint is told that the token is (RFC 7662 §2.1). @default 'access_token' */
  readonly tokenTypeHint?: string | undefined
  /** `token_type` must be one of these, in any case, if the endpoint tells: one that is bound to a key is no bearer token. @default ['Bearer'] */
  readonly tokenTypes?: readonly string[] | undefined
  /** `false` asks for each request. @default {}: a minute for tokens that are active, 5 seconds for others */
  readonly cache?: IntrospectionCacheOptions | false | undefined
  /** Of one question. @default 5000 */
  readonly timeoutMs?: Milliseconds | undefined
  /** Questions under way; more are a 503. @default 100 */
  readonly maxConcurrent?: number | undefined
  /** Longest answer, in bytes. @default 65_536 */
  readonly maxReplyBytes?: number | undefined
}

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function checkIntrospect(options: IntrospectOptions): void {
  checkOptions('introspect', options, {
    ...tokenChecks,
    endpoint: checkUrl,
    clientId: check.string,
    clientSecret: check.string,
    authorization: check.either(check.string, check.function),
    tokenTypeHint: check.string,
    tokenTypes: check.strings,
    cache: check.objectOrOff,
    timeoutMs: check.duration,
    maxConcurrent: check.whole(1, 1_000_000),
    maxReplyBytes: check.whole(1, 16_777_216),
  })
  const { endpoint, clientId, clientSecret, authorization } = options
  if (endpoint === undefined) throw optionError('introspect', 'endpoint', endpoint, 'an absolute URL')
  if ((clientId === undefined) !== (clientSecret === undefined))
    throw optionError('introspect', 'clientSecret', typeof clientSecret, '"clientId" and "clientSecret", or neither')
  if (clientId !== undefined && authorization !== undefined)
    throw optionError('introspect', 'authorization', typeof authorization, 'this, or "clientId" and "clientSecret"')
  checkTokens('introspect', options, 'endpoint', endpoint)
  if (options.cache)
    checkOptions('introspect cache', options.cache, {
      ...memoryChecks,
      maxAgeMs: check.duration,
      inactiveMaxAgeMs: check.duration,
    })
}
