/** The links of a Link field (RFC 8288 §3): split at commas that stand neither in a target nor in a quoted string. */
export function splitLinks(field: string): string[] {
  const links: string[] = []
  let start = 0
  let closer = ''
  for (let at = 0; at <= field.length; at++) {
    const char = field[at]
    if (char === undefined || (char === ',' && closer === '')) {
      const link = field.slice(start, at).trim()
      if (link !== '') links.push(link)
      start = at + 1
    } else if (char === closer) closer = ''
    else if (closer === '"' && char === '\\') at++
    else if (closer === '' && (char === '<' || char === '"')) closer = char === '<' ? '>' : '"'
  }
  return links
}
