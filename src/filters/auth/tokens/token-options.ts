import { type Check, check, checkOptions, type Milliseconds, optionError } from '../../../options.js'
import { type AuthOptions, authChecks } from '../authenticator.js'
import { checkEncrypted, type FetchLike } from './bounded-fetch.js'
import { type ClaimsMapping, mappingChecks } from './claims-mapping.js'
import type { Timeline } from './timeline.js'
import { checkPlaces, type TokenPlace } from './token-places.js'

/** What every filter of bearer tokens takes. */
export interface TokenOptions extends AuthOptions {
  /** `iss` must be this, or one of these, to the letter. @default any */
  readonly issuer?: string | readonly string[] | undefined
  /** `aud` must be, or hold, this or one of these. @default any: name it wherever an issuer serves more than this API */
  readonly audience?: string | readonly string[] | undefined
  /** Which claims make the principal. @default {}: `sub`, `roles`, `scope` or `scp`, `groups` */
  readonly claims?: ClaimsMapping | undefined
  /** Where tokens stand. @default ['bearer'] */
  readonly from?: readonly TokenPlace[] | undefined
  /** Longer tokens are rejected unread. @default 8192 */
  readonly maxTokenLength?: number | undefined
  /** In the challenge of a 401. @default 'api' */
  readonly realm?: string | undefined
  /** Whether the issuer may be asked over http: on another machine. @default false */
  readonly allowHttp?: boolean | undefined
  /** Asks the issuer. @default the global `fetch` */
  readonly fetch?: FetchLike | undefined
  /** What tokens' dates are held against: milliseconds since 1970. @default Date.now */
  readonly now?: (() => Milliseconds) | undefined
  /** Time and timers of what is fetched and remembered. @default real ones */
  readonly clock?: Timeline | undefined
}

const texts: Check = check.either(check.string, check.strings)

/** The checks of {@link TokenOptions}, for `checkOptions`. */
export const tokenChecks: Readonly<Record<keyof TokenOptions, Check>> = {
  ...authChecks,
  issuer: texts,
  audience: texts,
  claims: check.object,
  from: checkPlaces,
  maxTokenLength: check.whole(64, 1_048_576),
  realm: check.string,
  allowHttp: check.boolean,
  fetch: check.function,
  now: check.function,
  clock: check.object,
}

/**
 * What the table of checks can't say of {@link TokenOptions}.
 *
 * @param url Where the issuer is asked, and the option that says so.
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 */
export function checkTokens(factory: string, options: TokenOptions, option: string, url: string | undefined): void {
  for (const name of ['issuer', 'audience'] as const)
    if (options[name]?.length === 0) throw optionError(factory, name, options[name], 'a text, or some')
  checkOptions(`${factory} claims`, options.claims ?? {}, mappingChecks)
  if (url !== undefined) checkEncrypted(factory, option, url, options.allowHttp ?? false)
}
