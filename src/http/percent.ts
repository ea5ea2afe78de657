/**
 * Percent-encodes all but unreserved characters (RFC 3986 §2.3), so that a value is one value wherever it stands in a URL.
 *
 * Field values come from Node as latin1, one character a byte: bytes that are UTF-8 are encoded as these; what is not, as text.
 */
export function encodeText(text: string): string {
  if (!/[^A-Za-z0-9\-._~]/.test(text)) return text
  if (!/[^\0-\xff]/.test(text) && hasUtf8(Buffer.from(text, 'latin1')))
    return text.replace(/[^A-Za-z0-9\-._~]/g, percent)
  return encodeURIComponent(text.toWellFormed()).replace(/[!'()*]/g, percent)
}

/** Takes percent-escapes off, one character a byte; a malformed one stays as it is. */
export function decodeText(encoded: string): string {
  if (!encoded.includes('%')) return encoded
  return encoded.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** The same of a query, in which a space may be a `+`. */
export function decodeQueryText(encoded: string): string {
  return decodeText(encoded.replaceAll('+', ' '))
}

/** Encodes what can't stand in a path, and leaves separators and escapes as they are. */
export function encodePathText(text: string): string {
  return /[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]/.test(text)
    ? text.replace(/[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]+/g, encodeText)
    : text
}

function percent(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}

/** Whether bytes are UTF-8: what is not is read as U+FFFD, and does not come back. A text may have thousands of runs to ask about, too many for exceptions. */
function hasUtf8(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString('utf8')).equals(bytes)
}

/** Overlong forms (`%c0%ae`) and lone bytes are none: decoders disagree on them (H-040). */
export function isUtf8(escapes: string): boolean {
  try {
    decodeURIComponent(escapes)
    return true
  } catch {
    return false
  }
}
