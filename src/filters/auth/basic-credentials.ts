/** A name and a password, or why there are none. */
export type BasicCredentials = { readonly name: string; readonly password: string } | { readonly why: string }

/** Far past any password, far under what may stand in a head: what is longer is not decoded. */
const LONGEST = 8_192

/** Of this scheme, whatever follows: what is no token character ends the name of one. */
const SCHEME = /^basic(?![!#$%&'*+.^_`|~0-9a-z-])/i
const TOKEN = /^[A-Za-z0-9+/]+={0,2}$/
const CONTROL = /\p{Cc}/u
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Whether an Authorization field is of the Basic scheme, well-formed or not. */
export function isBasic(field: string | undefined): field is string {
  return field !== undefined && SCHEME.test(field)
}

/**
 * Reads a field that {@link isBasic} (RFC 7617 §2): one space, base64 to the letter, UTF-8, no control characters, and the first colon ends the
 * name (H-133). Texts are in Unicode's form C, as RFC 7617 §2.1 (RFC 8265) wants them compared.
 */
export function readBasic(field: string): BasicCredentials {
  if (field.length > LONGEST) return { why: 'the credential is too long' }
  const token = field.slice('Basic '.length)
  if (field[5] !== ' ' || !TOKEN.test(token)) return { why: 'the credential is malformed' }
  const bytes = Buffer.from(token, 'base64')
  // Buffer passes over what is no base64, and over bits that nothing stands for: one pair would have many spellings.
  if (bytes.toString('base64') !== token) return { why: 'the credential is no base64' }
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    return { why: 'the credential is no UTF-8' }
  }
  const colon = text.indexOf(':')
  if (colon === -1) return { why: 'the credential has no colon' }
  if (CONTROL.test(text)) return { why: 'the credential has control characters' }
  return { name: text.slice(0, colon).normalize('NFC'), password: text.slice(colon + 1).normalize('NFC') }
}
