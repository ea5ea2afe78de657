/**
 * Percent-encodes all but unreserved characters (RFC 3986 §2.3), so that a value is one value wherever it stands in a URL.
 *
 * Field values come from Node as latin1, one character a byte: bytes that are UTF-8 are encoded as these; what is not, as text.
 */
export function encodeText(text: string): string {
  if (!/[^A-Za-z0-9\-._~]/.test(text)) return text
  // A character alone is the same either way, and to find that out costs an exception.
  if (text.length > 1 && !/[^\0-\xff]/.test(text)) {
    const encoded = text.replace(/[^A-Za-z0-9\-._~]/g, percent)
    if (isUtf8(encoded)) return encoded
  }
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

/** Overlong forms (`%c0%ae`) and lone bytes are none: decoders disagree on them (H-040). */
export function isUtf8(escapes: string): boolean {
  try {
    decodeURIComponent(escapes)
    return true
  } catch {
    return false
  }
}
