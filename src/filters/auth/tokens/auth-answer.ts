import { isUtf8 } from 'node:buffer'
import { bytesBody } from '../../../body.js'
import { bytes } from '../../../body-tools.js'
import { listMembers } from '../../../http/field-list.js'
import { emptyHeaders, fieldValue, type HeaderMap } from '../../../http/header-map.js'
import { discard, type Reply } from '../../../reply.js'
import type { Authentication } from '../authenticator.js'
import type { IdentityHeaders } from '../identity-headers.js'
import { makePrincipal } from '../make-principal.js'
import type { Principal } from '../principal.js'
import type { ForwardAuthOptions } from './forward-auth-options.js'

/** What a service said of a request, and the fields of it that go on. */
export interface AuthAnswer {
  readonly authentication: Authentication
  /** For the upstream, in place of the client's own credentials. */
  readonly credentials: HeaderMap
  /** For the client, with the reply. */
  readonly forClient: HeaderMap
}

/** A client's own, that it may well send: only changed here, where identity fields are taken away on all routes. */
const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'cookie'])
/** Of an answer that goes to the client, as a login page. */
const LONGEST_REPLY = 65_536
const NOTHING: HeaderMap = Object.freeze(emptyHeaders())

/** Reads answers as NGINX's `auth_request` does: 2xx is a yes, 401 and 403 a no, anything else is an error. */
export class AuthAnswers {
  /** Fields of a yes that the upstream gets as who asks. */
  readonly identityHeaders: IdentityHeaders
  readonly #credentials: readonly string[]
  readonly #forClient: readonly string[]
  readonly #identity: readonly string[]
  readonly #passed: ReadonlySet<number>
  readonly #errorStatus: number
  readonly #principal: ForwardAuthOptions['principal']

  constructor({ requestHeaders = [], replyHeaders = [], passReplies = [], ...options }: ForwardAuthOptions) {
    const names = requestHeaders.map((name) => name.toLowerCase())
    this.#credentials = names.filter((name) => CREDENTIALS.has(name))
    this.#identity = names.filter((name) => !CREDENTIALS.has(name))
    this.#forClient = replyHeaders.map((name) => name.toLowerCase())
    this.#passed = new Set(passReplies)
    this.#errorStatus = options.errorStatus ?? 500
    this.#principal = options.principal
    this.identityHeaders = {
      ...options.identityHeaders,
      ...Object.fromEntries(this.#identity.map((name) => [name, claim(name)])),
    }
  }

  /** @throws {@link EdgeError} what the body of an answer that is passed on failed with. */
  async read(reply: Reply): Promise<AuthAnswer> {
    const { status, headers } = reply
    if (this.#passed.has(status)) {
      // As a value: several clients may have waited for it.
      const body = bytesBody(await bytes(reply.body, LONGEST_REPLY, 'reply'))
      const whole = { status, headers, body }
      return { authentication: this.#rejected('the service answers itself', status, whole), ...NOTHING_ELSE }
    }
    discard(reply)
    if (status < 200 || status > 299) return { authentication: this.#refusal(status, headers), ...NOTHING_ELSE }
    return {
      authentication: { outcome: 'accepted', principal: this.#principalOf(headers) },
      credentials: chosen(headers, this.#credentials),
      forClient: chosen(headers, this.#forClient),
    }
  }

  /** What becomes of a service that gave no answer. */
  failed(code: string): AuthAnswer {
    return {
      authentication: this.#rejected(`the service gave no answer (${code})`, this.#errorStatus),
      ...NOTHING_ELSE,
    }
  }

  #refusal(status: number, headers: HeaderMap): Authentication {
    if (status !== 401 && status !== 403)
      return this.#rejected(`the service answered with an unexpected ${status}`, this.#errorStatus)
    const challenge = status === 401 ? fieldValue(headers, 'www-authenticate') : undefined
    const rejected = this.#rejected('the service says no', status)
    return challenge === undefined ? rejected : { ...rejected, challenge }
  }

  #rejected(why: string, status: number, reply?: Reply): Authentication & { readonly outcome: 'rejected' } {
    return { outcome: 'rejected', why, status, reply }
  }

  #principalOf(headers: HeaderMap): Principal {
    const { id, roles, scopes, groups } = this.#principal ?? {}
    const claims = Object.fromEntries(this.#identity.map((name) => [name, textOf(headers, name)]))
    const value = (name: string | undefined): string =>
      name === undefined ? '' : (textOf(headers, name.toLowerCase()) ?? '')
    return makePrincipal('forward-auth', {
      id: value(id) || 'unknown',
      roles: listMembers(value(roles)),
      scopes: listMembers(value(scopes)),
      groups: listMembers(value(groups)),
      claims,
    })
  }
}

const NOTHING_ELSE = { credentials: NOTHING, forClient: NOTHING } as const

function claim(name: string): (principal: Principal) => string | undefined {
  return ({ claims }) => claims[name] as string | undefined
}

/** What a field says. Its bytes are UTF-8, as identity fields are written again, or else each is a character of Latin-1. */
function textOf(headers: HeaderMap, name: string): string | undefined {
  const value = fieldValue(headers, name)
  if (value === undefined) return undefined
  const given = Buffer.from(value, 'latin1')
  return isUtf8(given) ? given.toString() : value
}

/** All of them: those that are not there are undefined, and take the client's away. */
function chosen(headers: HeaderMap, names: readonly string[]): HeaderMap {
  if (names.length === 0) return NOTHING
  const fields = emptyHeaders()
  for (const name of names) fields[name] = headers[name]
  return fields
}
