/** What everybody must pass on, and what is passed on here at most (https://www.w3.org/TR/baggage/#limits). */
const MAX_MEMBERS = 64
const MAX_BYTES = 8_192

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const VALUE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/

/**
 * Reads a `baggage` field and writes it in its shortest form: at most 64 members and 8192 bytes, whole members in their order. What is
 * malformed is left out, and so are members that there is no room for; nothing is the empty string.
 */
export function readBaggage(field: unknown): string {
  if (typeof field !== 'string') return ''
  let text = ''
  let count = 0
  for (let start = 0; start <= field.length && count < MAX_MEMBERS; ) {
    const comma = field.indexOf(',', start)
    const end = comma === -1 ? field.length : comma
    const member = readMember(field.slice(start, end))
    start = end + 1
    if (member === null) continue
    const longer = text === '' ? member : `${text},${member}`
    if (longer.length > MAX_BYTES) continue
    text = longer
    count++
  }
  return text
}

/** `key=value;property;property=value`; `null` for anything else. Taken apart by hand: as one pattern it could take exponentially long. */
function readMember(member: string): string | null {
  if (member.length > MAX_BYTES) return null
  const parts = member.split(';').map(readPair)
  return parts.includes(null) || !parts[0]!.includes('=') ? null : parts.join(';')
}

function readPair(pair: string): string | null {
  const at = pair.indexOf('=')
  const key = trim(at === -1 ? pair : pair.slice(0, at))
  if (!TOKEN.test(key)) return null
  if (at === -1) return key
  const value = trim(pair.slice(at + 1))
  return VALUE.test(value) ? `${key}=${value}` : null
}

/** Without blanks and tabs around it: `trim()` takes more away than RFC 9110 §5.6.3 does. */
function trim(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}
