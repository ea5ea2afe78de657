import type { Exchange } from '../../exchange.js'
import { fieldValue } from '../../http/header-map.js'
import { check, checkOptions, optionError } from '../../options.js'
import { ABSENT, type Authentication, accepted, rejected, type Unsure, unsure } from './authentication.js'
import { type Authenticator, type AuthOptions, authChecks, defineAuthenticator } from './authenticator.js'
import { isBasic, readBasic } from './basic-credentials.js'
import { type BasicUsers, compileUsers } from './basic-users.js'
import { isRealm, realmChallenge } from './challenge.js'
import { withoutAuthorization } from './credential-places.js'
import type { Principal, PrincipalLike } from './principal.js'
import { acceptedAs, askVerifier } from './verifying.js'

type Said = PrincipalLike | boolean | null

export interface BasicAuthOptions extends AuthOptions {
  /** Passwords by name, or their hashes by {@link hashPassword}, perhaps with roles and the like. This or `verify`. @default none */
  readonly users?: BasicUsers | undefined
  /** Tells whose name and password these are: a principal, or `true` for one whose id is the name. This or `users`. @default none */
  readonly verify?: ((name: string, password: string, exchange: Exchange) => Said | Promise<Said>) | undefined
  /** What the password is for, as browsers show it. @default 'Restricted' */
  readonly realm?: string | undefined
}

/**
 * Asks for a name and a password (RFC 7617), as NGINX's `auth_basic`, Apache's `AuthType Basic` or Kong's `basic-auth`. They are UTF-8,
 * which the challenge says.
 *
 * Basic credentials are as good as in the clear without TLS, and browsers send them on their own, with what other pages ask for, too.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const staff = basicAuth({ users: { ada: await hashPassword('correct horse') }, realm: 'Staff', identityHeaders: { 'x-user': 'id' } })
 * ```
 */
export function basicAuth<KnownClaims extends object = Record<string, unknown>>(
  options: BasicAuthOptions,
): Authenticator<KnownClaims> {
  checkOptions('basicAuth', options, { ...authChecks, users: check.object, verify: check.function, realm: isRealm })
  const { users, verify, realm = 'Restricted', ...rest } = options
  if ((users === undefined) === (verify === undefined))
    throw optionError('basicAuth', 'users', users, 'one of "users" and "verify"')
  const [judge, foreseeing] = users === undefined ? [asking(verify!), () => TO_ASK] : among(users)
  return defineAuthenticator(
    {
      filterName: 'basicAuth',
      challenge: `${realmChallenge('Basic', realm)}, charset="UTF-8"`,
      authenticate: authenticate(judge),
      // Another scheme's credential is not ours to take.
      strip: (exchange) =>
        isBasic(fieldValue(exchange.headers, 'authorization')) ? withoutAuthorization(exchange) : exchange,
      explain: authenticate(foreseeing),
    },
    rest,
  )
}

type Judge<T = Authentication | Promise<Authentication>> = (name: string, password: string, exchange: Exchange) => T

const WRONG = rejected('the name or the password is wrong')
const TO_ASK = unsure('it would ask for the name')

function authenticate<T>(judge: Judge<T>): (exchange: Exchange) => Authentication | T {
  return (exchange) => {
    const field = fieldValue(exchange.headers, 'authorization')
    if (!isBasic(field)) return ABSENT
    const read = readBasic(field)
    return 'why' in read ? rejected(read.why) : judge(read.name, read.password, exchange)
  }
}

/** Who judges, and who tells what that would be: hashing a password is work, but asks nobody. */
function among(users: BasicUsers): [Judge, Judge<Authentication | Unsure>] {
  const check = compileUsers(users)
  const told = (principal: Principal | null): Authentication => (principal === null ? WRONG : accepted(principal))
  return [
    (name, password) => {
      const found = check(name, password)
      return found instanceof Promise ? found.then(told) : told(found)
    },
    (name, password) => {
      const found = check.recall(name, password)
      return typeof found === 'function'
        ? unsure('it would hash the password', async () => told(await found()))
        : told(found)
    },
  ]
}

function asking(verify: NonNullable<BasicAuthOptions['verify']>): Judge {
  return (name, password, exchange) =>
    askVerifier(
      'basicAuth',
      () => verify(name, password, exchange),
      (said) => {
        if (said === null || said === false) return WRONG
        return acceptedAs('basicAuth', 'basic', said === true ? { id: name } : said)
      },
    )
}
