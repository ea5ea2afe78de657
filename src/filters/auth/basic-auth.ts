import type { Exchange } from '../../exchange.js'
import { fieldValue } from '../../http/header-map.js'
import { check, checkOptions, optionError } from '../../options.js'
import { ABSENT, type Authentication, accepted, rejected } from './authentication.js'
import { type Authenticator, type AuthOptions, authChecks, defineAuthenticator } from './authenticator.js'
import { isBasic, readBasic } from './basic-credentials.js'
import { type BasicUsers, compileUsers } from './basic-users.js'
import { isRealm, realmChallenge } from './challenge.js'
import { withoutAuthorization } from './credential-places.js'
import type { PrincipalLike } from './principal.js'
import { acceptedAs, askVerifier } from './verifying.js'

type Said = PrincipalLike | boolean | null

export interface BasicAuthOptions extends AuthOptions {
  /** Passwords by name, or their hashes by {@link hashPassword}, perhaps with roles and the like. This or `verify`. */
  readonly users?: BasicUsers | undefined
  /** Tells whose name and password these are: a principal, or `true` for one whose id is the name. This or `users`. */
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
export function basicAuth(options: BasicAuthOptions): Authenticator {
  checkOptions('basicAuth', options, { ...authChecks, users: check.object, verify: check.function, realm: isRealm })
  const { users, verify, realm = 'Restricted', ...rest } = options
  if ((users === undefined) === (verify === undefined))
    throw optionError('basicAuth', 'users', users, 'one of "users" and "verify"')
  return defineAuthenticator(
    {
      filterName: 'basicAuth',
      challenge: `${realmChallenge('Basic', realm)}, charset="UTF-8"`,
      authenticate: authenticate(users === undefined ? asking(verify!) : among(users)),
      // Another scheme's credential is not ours to take.
      strip: (exchange) =>
        isBasic(fieldValue(exchange.headers, 'authorization')) ? withoutAuthorization(exchange) : exchange,
      ...(verify === undefined ? {} : { explain: () => ({ verdict: 'depends', why: 'it would ask for the name' }) }),
    },
    rest,
  )
}

type Judge = (name: string, password: string, exchange: Exchange) => Authentication | Promise<Authentication>

const WRONG = rejected('the name or the password is wrong')

function authenticate(judge: Judge): (exchange: Exchange) => Authentication | Promise<Authentication> {
  return (exchange) => {
    const field = fieldValue(exchange.headers, 'authorization')
    if (!isBasic(field)) return ABSENT
    const read = readBasic(field)
    return 'why' in read ? rejected(read.why) : judge(read.name, read.password, exchange)
  }
}

function among(users: BasicUsers): Judge {
  const check = compileUsers(users)
  return (name, password) => {
    const found = check(name, password)
    if (found instanceof Promise) return found.then((late) => (late === null ? WRONG : accepted(late)))
    return found === null ? WRONG : accepted(found)
  }
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
