import type { Exchange } from '../../../exchange.js'
import type { Handler } from '../../../filter.js'
import { compileRules } from '../../../http/header-rules.js'
import { type Check, check, checkOptions, type Milliseconds, optionError } from '../../../options.js'
import type { Pool } from '../../../upstream/pool.js'
import { type AuthOptions, authChecks } from '../authenticator.js'
import { checkUrl } from './bounded-fetch.js'
import type { Timeline } from './timeline.js'

/** Fields of the service's answer that say who asks. Lists are split at commas. */
export interface PrincipalFields {
  /** Field with the name of who asks. */
  readonly id: string
  /** Field with the roles. @default none */
  readonly roles?: string | undefined
  /** Field with the scopes. @default none */
  readonly scopes?: string | undefined
  /** Field with the groups. @default none */
  readonly groups?: string | undefined
}

/** The fields that become claims: those that the upstream gets, but for credentials. */
export type FieldClaims<Field extends string> = {
  readonly [Name in Exclude<Lowercase<Field>, 'authorization' | 'cookie'>]: string | undefined
}

export interface ForwardAuthCacheOptions {
  /**
   * What the service's yes holds for: all that it looks at of a request must be in it, as token, method and path. `undefined` asks anew.
   */
  readonly key: (exchange: Exchange) => string | undefined
  /** How long a yes is believed; a no never is. @default 5000 */
  readonly maxAgeMs?: Milliseconds | undefined
  /** Most of them. @default 10_000 */
  readonly max?: number | undefined
}

export interface ForwardAuthOptions<Field extends string = string> extends Omit<AuthOptions, 'keepCredential'> {
  /** The service that is asked, with its path. One of `url`, `pool`, `handler` is needed. @default none */
  readonly url?: string | URL | undefined
  /** A pool of services. It is not closed with the filter. @default none */
  readonly pool?: Pool | undefined
  /** A handler in this process. @default none */
  readonly handler?: Handler | undefined
  /** What is asked for at a pool, with its query. @default '/' */
  readonly path?: string | undefined
  /** Fields of the client's that the service sees. @default 'all', but for those of a body, of conditions and of a WebSocket handshake */
  readonly sendHeaders?: 'all' | readonly string[] | undefined
  /**
   * Fields of its answer that the upstream gets, in place of what the client sent by those names. On all routes of a gateway they are taken from
   * what clients send (H-064); Authorization and Cookie only here.
   * @default none
   */
  readonly requestHeaders?: readonly Field[] | undefined
  /** Fields of its answer that the client gets with the reply, as `set-cookie`. @default none */
  readonly replyHeaders?: readonly string[] | undefined
  /** Who asks, as its answer says. @default everybody is `unknown` */
  readonly principal?: PrincipalFields | undefined
  /** Statuses whose answers go to the client as they are, as a 302 to a login page or a 401 with one. @default none */
  readonly passReplies?: readonly number[] | undefined
  /** What becomes of anything else but 2xx, 401 and 403, and of no answer. @default 500, as NGINX does */
  readonly errorStatus?: number | undefined
  /** Until it has answered one question. @default 5000 */
  readonly timeoutMs?: Milliseconds | undefined
  /** Whether, and how long, its yes holds for other requests. @default false: each request asks */
  readonly cache?: ForwardAuthCacheOptions | false | undefined
  /** Time of the cache. @default real time */
  readonly clock?: Timeline | undefined
}

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function checkForwardAuth(options: ForwardAuthOptions): void {
  const { keepCredential: _, ...shared } = authChecks
  checkOptions('forwardAuth', options, {
    ...shared,
    url: (value) => checkUrl(value instanceof URL ? value.href : value),
    pool: (value) => (typeof (value as Pool)?.acquire === 'function' ? undefined : 'a pool, as createPool() makes'),
    handler: check.function,
    path: (value) => (typeof value === 'string' && value.startsWith('/') ? undefined : 'a path'),
    sendHeaders: check.either(check.oneOf('all'), check.strings),
    requestHeaders: check.strings,
    replyHeaders: check.strings,
    principal: check.object,
    passReplies: statuses,
    errorStatus: check.whole(400, 599),
    timeoutMs: check.duration,
    cache: check.objectOrOff,
    clock: check.object,
  })
  const { url, pool, handler, path, principal, cache } = options
  if ([url, pool, handler].filter((each) => each !== undefined).length !== 1)
    throw optionError('forwardAuth', 'url', url, 'exactly one of "url", "pool" and "handler"')
  if (url !== undefined && path !== undefined) throw optionError('forwardAuth', 'path', path, 'the path in "url"')
  compileRules('forwardAuth requestHeaders', { remove: options.requestHeaders }, 'request')
  compileRules('forwardAuth replyHeaders', { remove: options.replyHeaders }, 'reply')
  if (principal !== undefined) {
    const field = check.string
    checkOptions('forwardAuth principal', principal, { id: field, roles: field, scopes: field, groups: field })
    if (principal.id === undefined) throw optionError('forwardAuth principal', 'id', undefined, 'the name of a field')
  }
  if (cache) {
    checkOptions('forwardAuth cache', cache, {
      key: check.function,
      maxAgeMs: check.duration,
      max: check.whole(1, 10_000_000),
    })
    if (cache.key === undefined) throw optionError('forwardAuth cache', 'key', undefined, 'a function (exchange)')
  }
}

const statuses: Check = (value) =>
  Array.isArray(value) && value.every((each) => Number.isInteger(each) && each >= 300 && each <= 599)
    ? undefined
    : 'statuses from 300 to 599'
