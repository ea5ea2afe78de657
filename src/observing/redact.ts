import { decodeQueryText } from '../http/percent.js'
import { check, checkOptions } from '../options.js'

export interface RedactOptions {
  /** Names of query parameters whose values are secret, besides the usual ones. Case, `-`, `_` and brackets do not matter. @default none */
  readonly query?: readonly string[] | undefined
  /** Names of fields whose values are secret, besides the usual ones: those that {@link apiKey} reads, if you chose them. @default none */
  readonly headers?: readonly string[] | undefined
  /** What stands in a secret's place. @default '[redacted]' */
  readonly replace?: string | undefined
}

/** Takes secrets out of what is logged. */
export interface Redactor {
  readonly replacement: string
  /** A query, or any list of `name=value`. */
  query(text: string): string
  /** A URL: its query, its fragment, and what stands in front of `@`. */
  url(text: string): string
  isSecretField(name: string): boolean
}

/** Of fields: credentials, and what stands for them; whatever a name has around these. */
const FIELDS =
  /auth(?!or(?!i))|cookie|token|secret|passw|credential|signature|session|jwt|bearer|dpop|api-?key|(?:^|[-_])key$|client-cert|sec-websocket-protocol/
/** Of parameters, once what is no letter or digit has been taken out of their names: whatever stands around these … */
const WITHIN =
  /auth(?!or(?!i))|token|secret|passw|passphrase|passcode|credential|signature|assertion|session|apikey|accesskey|privatekey|subscriptionkey|sharedkey|jwt|bearer|saml|hmac|codeverifier/
/** … and these alone. */
const ALONE = new Set('key code sig auth pass pwd pw pin otp totp sid ticket mac cookie magic'.split(' '))
/** What a query has in it that has a secret in it, written as it is or escaped; all others need no closer look. */
const MAY_BE =
  /key|code|sig|auth|pass|pwd|pw|pin|otp|sid|ticket|mac|cookie|magic|token|secret|credential|assertion|session|jwt|bearer|saml|[%@]/i
const USERINFO = /[/\\]{2}[^/\\]*@/
/** How often what stands within a value is decoded: a link that holds a link. */
const DEPTH = 3

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function compileRedactor(factory: string, options: RedactOptions = {}): Redactor {
  checkOptions(`${factory}, redact`, options, {
    query: check.strings,
    headers: check.strings,
    replace: (value) =>
      typeof value === 'string' && /^[!#-%'-[\]-~]{0,64}$/.test(value)
        ? undefined
        : 'at most 64 visible ASCII characters without quotes, & and backslash',
  })
  const { query: more = [], headers = [], replace: replacement = '[redacted]' } = options
  const own = new Set(more.map(bare))
  const fields = new Set(headers.map((name) => name.toLowerCase()))

  const isSecret = (name: string): boolean => {
    const letters = bare(decodeQueryText(name))
    return ALONE.has(letters) || own.has(letters) || WITHIN.test(letters)
  }
  // Whoever takes `;` for part of a value would find the rest of a secret behind it: all up to the next `&` goes.
  const pairs = (text: string, depth: number): string => text.replace(/[^&]+/g, (part) => partOf(part, depth))
  const partOf = (part: string, depth: number): string => {
    for (const { 0: pair, index } of part.matchAll(/[^;?#]+/g)) {
      const value = pair.indexOf('=') + 1
      if ((value > 0 && isSecret(pair.slice(0, value - 1))) || hidesOne(pair.slice(value), depth))
        return part.slice(0, index + value) + replacement
    }
    return part
  }
  /** Whether a value has a secret in it: a link with one, as `%2Fcb%3Fcode%3D…`, or with a password. */
  const hidesOne = (value: string, depth: number): boolean => {
    if (USERINFO.test(value)) return true
    if (depth === 0 || !value.includes('%')) return false
    const decoded = decodeQueryText(value)
    // A client may send thousands of these: what holds nothing new is not looked through.
    if (decoded === value || (own.size === 0 && !MAY_BE.test(decoded))) return false
    return pairs(decoded, depth - 1) !== decoded
  }
  const query = (text: string): string =>
    text === '' || (own.size === 0 && !MAY_BE.test(text)) ? text : pairs(text, DEPTH)
  return {
    replacement,
    query,
    url(text) {
      const mark = text.search(/[?#]/)
      const front = mark === -1 ? text : text.slice(0, mark)
      const shown = front.includes('@')
        ? front.replace(/^((?:[^/\\]*[/\\]{2})?)[^/\\]*@/, (_, scheme: string) => `${scheme}${replacement}@`)
        : front
      return mark === -1 ? shown : shown + query(text.slice(mark))
    },
    isSecretField(name) {
      const lower = name.toLowerCase()
      return FIELDS.test(lower) || fields.has(lower)
    },
  }
}

function bare(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '')
}
