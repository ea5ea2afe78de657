import { check, checkOptions, type Milliseconds, optionError } from '../../../options.js'
import { type AuthOptions, authChecks } from '../authenticator.js'
import { checkEncrypted, checkUrl, type FetchLike } from './bounded-fetch.js'
import { type ClaimsMapping, mappingChecks } from './claims-mapping.js'
import type { Timeline } from './remote-keys.js'
import type { TokenMemoryOptions } from './token-memory.js'
import { checkPlaces, type TokenPlace } from './token-places.js'

/** How long answers of an introspection endpoint are believed. */
export interface IntrospectionCacheOptions extends TokenMemoryOptions {
  /** That a token is active; no longer than its `exp`. How long a revoked one still works. @default 60_000 */
  readonly maxAgeMs?: Milliseconds | undefined
  /** That it is not. They have as much room again as active ones, so that they push none out. @default 5000 */
  readonly inactiveMaxAgeMs?: Milliseconds | undefined
}

export interface IntrospectOptions extends AuthOptions {
  /** The introspection endpoint; https, or http to this machine. */
  readonly endpoint: string
  /** Whether `endpoint` may be http: to another machine. @default false */
  readonly allowHttp?: boolean | undefined
  /** Who this API is to the endpoint, as Basic credentials (RFC 6749 §2.3.1). @default none */
  readonly clientId?: string | undefined
  readonly clientSecret?: string | undefined
  /** An Authorization field in their place, or what makes one, as `Bearer …`. @default none */
  readonly authorization?: string | (() => string | Promise<string>) | undefined
  /** @default 'access_token' */
  readonly tokenTypeHint?: string | undefined
  /** `token_type` must be one of these, in any case, if the endpoint tells: one that is bound to a key is no bearer token. @default ['Bearer'] */
  readonly tokenTypes?: readonly string[] | undefined
  /** `iss` must be this, or one of these. @default any */
  readonly issuer?: string | readonly string[] | undefined
  /** `aud` must be, or hold, this or one of these. @default any */
  readonly audience?: string | readonly string[] | undefined
  /** Which of what the endpoint says makes the principal. */
  readonly claims?: ClaimsMapping | undefined
  /** Where tokens stand. @default ['bearer'] */
  readonly from?: readonly TokenPlace[] | undefined
  /** Longer tokens are rejected unasked. @default 8192 */
  readonly maxTokenLength?: number | undefined
  /** `false` asks for each request. */
  readonly cache?: IntrospectionCacheOptions | false | undefined
  /** Of one question. @default 5000 */
  readonly timeoutMs?: Milliseconds | undefined
  /** Questions under way; more are a 503. @default 100 */
  readonly maxConcurrent?: number | undefined
  /** Longest answer, in bytes. @default 65_536 */
  readonly maxReplyBytes?: number | undefined
  /** In the challenge of a 401. @default 'api' */
  readonly realm?: string | undefined
  /** @default the global `fetch` */
  readonly fetch?: FetchLike | undefined
  /** What tokens' dates are held against: milliseconds since 1970. @default Date.now */
  readonly now?: (() => Milliseconds) | undefined
  /** Time and timers of questions and answers. @default real ones */
  readonly clock?: Timeline | undefined
}

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function checkIntrospect(options: IntrospectOptions): void {
  const texts = check.either(check.string, check.strings)
  checkOptions('introspect', options, {
    ...authChecks,
    endpoint: checkUrl,
    allowHttp: check.boolean,
    clientId: check.string,
    clientSecret: check.string,
    authorization: check.either(check.string, check.function),
    tokenTypeHint: check.string,
    tokenTypes: check.strings,
    issuer: texts,
    audience: texts,
    claims: check.object,
    from: checkPlaces,
    maxTokenLength: check.whole(1, 1_048_576),
    cache: check.objectOrOff,
    timeoutMs: check.duration,
    maxConcurrent: check.whole(1, 1_000_000),
    maxReplyBytes: check.whole(1, 16_777_216),
    realm: check.string,
    fetch: check.function,
    now: check.function,
    clock: check.object,
  })
  const { endpoint, clientId, clientSecret, authorization, allowHttp = false } = options
  if (endpoint === undefined) throw optionError('introspect', 'endpoint', endpoint, 'an absolute URL')
  if ((clientId === undefined) !== (clientSecret === undefined))
    throw optionError('introspect', 'clientSecret', typeof clientSecret, '"clientId" and "clientSecret", or neither')
  if (clientId !== undefined && authorization !== undefined)
    throw optionError('introspect', 'authorization', typeof authorization, 'this, or "clientId" and "clientSecret"')
  checkEncrypted('introspect', 'endpoint', endpoint, allowHttp)
  checkOptions('introspect claims', options.claims ?? {}, mappingChecks)
  if (options.cache)
    checkOptions('introspect cache', options.cache, {
      max: check.whole(1, 10_000_000),
      maxBytes: check.whole(1, 2 ** 40),
      maxAgeMs: check.duration,
      inactiveMaxAgeMs: check.duration,
    })
}
