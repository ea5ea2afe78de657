import { readObject } from './json-object.js'

/** What a signed token says of itself, before anything of it is believed. */
export interface TokenText {
  readonly algorithm: string
  readonly kid: string | undefined
}

const BASE_64_URL = /^[A-Za-z0-9_-]+$/
/** Keeps a byte order mark, which `JSON.parse` refuses, and refuses what is no UTF-8. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads a compact JWS (RFC 7515 §7.1) to the letter; or says what is wrong with it. Parsers differ over padding, blanks, bits that no byte
 * takes and names that stand twice, so that one token could be two (H-128). Of its header only `alg` and `kid` count: keys and
 * addresses of keys that it brings along are the sender's own (H-124).
 */
export function readToken(token: string, maxLength: number): TokenText | string {
  if (token.length > maxLength) return 'it is too long'
  const parts = token.split('.', 4)
  const [header = '', payload = '', signature = ''] = parts
  if (parts.length !== 3) return 'it is no signed token'
  if (!parts.every(isBase64Url)) return 'it is not base64url'
  const claims = decode(payload)
  if (typeof claims === 'string') return `its claims have ${claims}`
  const fields = decode(header)
  if (typeof fields === 'string') return `its header has ${fields}`
  const { alg, kid } = fields
  // No extension is known here (RFC 7515 §4.1.11); one of them turns off the encoding of what is signed (RFC 7797).
  if (fields['crit'] !== undefined || fields['b64'] !== undefined) return 'it needs an extension'
  if (typeof alg !== 'string' || signature === '') return 'it is not signed'
  if (kid !== undefined && typeof kid !== 'string') return 'its kid is no text'
  return { algorithm: alg, kid }
}

/**
 * Who a token says has made it, before anything of it is believed: fit to choose who looks at it, and for nothing else. `undefined` for
 * what is no signed token.
 */
export function claimedIssuer(token: string): unknown {
  const [, payload = '', signature] = token.split('.', 4)
  const claims = signature === undefined ? '' : decode(payload)
  return typeof claims === 'string' ? undefined : claims['iss']
}

/** Without padding, and with no bit set that no byte takes: one spelling for each run of bytes. */
function isBase64Url(text: string): boolean {
  return BASE_64_URL.test(text) && Buffer.from(text, 'base64url').toString('base64url') === text
}

function decode(encoded: string): Record<string, unknown> | string {
  try {
    return readObject(utf8.decode(Buffer.from(encoded, 'base64url')))
  } catch {
    return 'no UTF-8'
  }
}
