/** The members of a comma-separated field (RFC 9110 §5.6.1): trimmed, empty ones dropped, in linear time (H-052). */
export function listMembers(value: string): string[] {
  const members: string[] = []
  for (const part of value.split(',')) {
    const member = part.trim()
    if (member !== '') members.push(member)
  }
  return members
}

/** Whether a field's list holds `token`, whatever its case. */
export function listHas(value: string, token: string): boolean {
  if (value.length === token.length) return value.toLowerCase() === token
  return listMembers(value).some((member) => member.toLowerCase() === token)
}

/** Splits at `separator` outside quoted strings (RFC 9110 §5.6.4). */
export function splitUnquoted(text: string, separator: string): string[] {
  const parts: string[] = []
  let start = 0
  let quoted = false
  for (let index = 0; index < text.length; index++) {
    const char = text[index]
    if (char === '"') quoted = !quoted
    else if (char === '\\' && quoted) index++
    else if (char === separator && !quoted) {
      parts.push(text.slice(start, index))
      start = index + 1
    }
  }
  parts.push(text.slice(start))
  return parts
}
