import { LRUCache } from 'lru-cache'
import { EdgeError } from '../../../errors.js'
import { type Exchange, type StateKey, stateKey } from '../../../exchange.js'
import { changeHeaders, type HeaderMap } from '../../../http/header-map.js'
import type { Milliseconds } from '../../../options.js'
import type { Reply } from '../../../reply.js'
import { unsure } from '../authentication.js'
import { type Authentication, type Authenticator, defineAuthenticator } from '../authenticator.js'
import { type AuthAnswer, AuthAnswers } from './auth-answer.js'
import { AuthService } from './auth-service.js'
import { Flights } from './flights.js'
import { checkForwardAuth, type FieldClaims, type ForwardAuthOptions } from './forward-auth-options.js'
import { realTimeline } from './timeline.js'

/**
 * Asks another service whether a request may pass, as NGINX's `auth_request`: 2xx lets it, 401 and 403 deny it, with the service's
 * WWW-Authenticate; anything else is an error. The service gets a GET without the body; method and URI of the request stand in `X-Original-Method` and
 * `X-Original-URI`.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const asked = forwardAuth({
 *   url: 'http://10.0.0.9:4180/oauth2/auth',
 *   requestHeaders: ['x-auth-request-user'],
 *   principal: { id: 'x-auth-request-user' },
 * })
 * ```
 */
export function forwardAuth<const Field extends string = never>(
  options: ForwardAuthOptions<Field>,
): Authenticator<FieldClaims<Field>> {
  checkForwardAuth(options)
  const { cache, clock = realTimeline } = options
  const service = new AuthService(options)
  const answers = new AuthAnswers(options)
  /** What the service said to this filter. */
  const said: StateKey<AuthAnswer> = stateKey('forwardAuth')
  const { key = () => undefined, maxAgeMs = 5_000, max = 10_000 } = cache || {}
  const known = new LRUCache<string, { readonly answer: AuthAnswer; readonly freshUntil: Milliseconds }>({ max })
  const flights = new Flights<AuthAnswer>()

  const keyOf = (exchange: Exchange): string | undefined => {
    const made: unknown = key(exchange)
    if (typeof made === 'string' || made === undefined) return made
    throw new EdgeError('ERR_EDGE_BAD_VALUE', `forwardAuth: the cache's key is a ${typeof made}, not a string`)
  }
  const recall = (made: string | undefined, how: 'get' | 'peek' = 'get'): AuthAnswer | undefined => {
    const found = made === undefined ? undefined : known[how](made)
    return found !== undefined && clock.now() < found.freshUntil ? found.answer : undefined
  }
  const ask = async (exchange: Exchange, made: string | undefined): Promise<AuthAnswer> => {
    const shared = made !== undefined
    try {
      const answer = await answers.read(await service.ask(exchange, shared))
      if (shared && answer.authentication.outcome === 'accepted')
        known.set(made, { answer, freshUntil: clock.now() + maxAgeMs })
      return answer
    } catch (error) {
      // A client that has left is no trouble of the service's.
      if (!(error instanceof EdgeError) || (!shared && exchange.cancel.aborted)) throw error
      return answers.failed(error.code)
    }
  }
  const note = (exchange: Exchange, answer: AuthAnswer): Authentication => {
    exchange.set(said, answer)
    return answer.authentication
  }
  const authenticate = (exchange: Exchange): Authentication | Promise<Authentication> => {
    const made = keyOf(exchange)
    const remembered = recall(made)
    if (remembered !== undefined) return note(exchange, remembered)
    const asking = made === undefined ? ask(exchange, made) : flights.once(made, () => ask(exchange, made))
    return Promise.resolve(asking).then((answer) => note(exchange, answer))
  }
  const filter = defineAuthenticator<FieldClaims<Field>>(
    {
      filterName: 'forwardAuth',
      challenge: null,
      authenticate,
      strip: (exchange) => {
        // On a path that is skipped, and where another one of `anyOf` knew the client, nobody was asked.
        const { credentials } = exchange.get(said) ?? {}
        for (const _ in credentials) return exchange.with({ headers: changeHeaders(exchange.headers, credentials) })
        return exchange
      },
      close: () => service.close(),
      explain: (exchange) => {
        const answer = recall(keyOf(exchange), 'peek')
        if (answer?.authentication.outcome !== 'accepted') return unsure(`it would ask ${service.name}`)
        return { ...answer.authentication, note: (copy) => void note(copy, answer) }
      },
    },
    { ...options, identityHeaders: answers.identityHeaders },
  )
  if ((options.replyHeaders ?? []).length === 0) return filter
  const adding: typeof filter = Object.assign(
    (exchange: Exchange, next: (given: Exchange) => Promise<Reply>) =>
      filter(exchange, async (given) => withFields(await next(given), given.get(said)?.forClient ?? {})),
    filter,
  )
  return adding
}

/** Cookies beside those of the reply, other fields in place of them. */
function withFields(reply: Reply, fields: HeaderMap): Reply {
  const headers = changeHeaders(reply.headers, {})
  for (const name in fields) {
    const value = fields[name]
    if (value === undefined) continue
    headers[name] = name === 'set-cookie' ? [reply.headers[name] ?? [], value].flat() : value
  }
  return { ...reply, headers }
}
