import { EdgeError } from '../../errors.js'
import type { Exchange } from '../../exchange.js'
import { check, checkOptions, optionError } from '../../options.js'
import { ABSENT, type Challenge, rejected, unsure } from './authentication.js'
import { type Authenticator, type AuthOptions, authChecks, defineAuthenticator } from './authenticator.js'
import { checkChallenge, isScheme } from './challenge.js'
import type { ClaimsSaid, PrincipalLike } from './principal.js'
import { acceptedAs, askVerifier } from './verifying.js'

export interface CustomAuthenticatorOptions<Answer extends PrincipalLike | null | false = PrincipalLike | null | false>
  extends AuthOptions {
  /** Names the filter, and the principals' `scheme`. */
  readonly name: string
  /**
   * Who asks: a principal; `null` where there is no credential of this kind; `false` for one that is not good. What it throws is a failure,
   * and nobody passes: 503 for what could not be reached, 500 for anything else, or the status of an {@link EdgeError}.
   */
  readonly verify: (exchange: Exchange) => Answer | Promise<Answer>
  /**
   * WWW-Authenticate of the 401, which must have one (RFC 9110 §15.5.2); several for several lines; `null` to leave it out
   * nevertheless. @default the name
   */
  readonly challenge?: Challenge | undefined
  /** Takes the credential away before the upstream sees the request. @default takes nothing */
  readonly strip?: ((exchange: Exchange) => Exchange) | undefined
}

/**
 * An authenticator of your own.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const session = authenticator({
 *   name: 'session',
 *   verify: async ({ headers }) => {
 *     const token = headers['x-session']
 *     return typeof token === 'string' ? ((await sessions.get(token)) ?? false) : null
 *   },
 *   strip: (exchange) => exchange.with({ headers: changeHeaders(exchange.headers, { 'x-session': undefined }) }),
 * })
 * ```
 */
export function authenticator<Answer extends PrincipalLike | null | false>(
  options: CustomAuthenticatorOptions<Answer>,
): Authenticator<ClaimsSaid<Answer>> {
  checkOptions('authenticator', options, {
    ...authChecks,
    name: isScheme,
    verify: check.function,
    challenge: check.anything,
    strip: check.function,
  })
  const { name, verify, challenge = name, strip = (exchange) => exchange, ...rest } = options
  if (name === undefined) throw optionError('authenticator', 'name', name, isScheme(name)!)
  if (verify === undefined) throw optionError('authenticator', 'verify', verify, 'a function (exchange)')
  checkChallenge('authenticator', challenge)
  return defineAuthenticator(
    {
      filterName: name,
      challenge,
      authenticate: (exchange) =>
        askVerifier(
          name,
          () => verify(exchange),
          (answer) => {
            if (answer === null) return ABSENT
            if (answer === false) return rejected('the verifier rejected the credential')
            // A forgotten `return` must be told from both.
            if (answer === undefined)
              throw new EdgeError('ERR_EDGE_VERIFIER', `${name}: the verifier answered undefined; say null or false`)
            return acceptedAs(name, name, answer)
          },
        ),
      strip,
      explain: () => unsure(`it would ask ${name}`),
    },
    rest,
  )
}
