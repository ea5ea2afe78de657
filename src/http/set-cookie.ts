/** A Set-Cookie line, taken apart as browsers do (RFC 6265 §5.2): what is not changed is written as it came. */
export interface SetCookie {
  /** `name=value`, with whatever blanks it came with. */
  readonly pair: string
  readonly name: string
  readonly attributes: readonly Attribute[]
}

/** One attribute; `value` is `null` for a flag. */
export interface Attribute {
  /** As it came. */
  readonly label: string
  /** Lower case. */
  readonly name: string
  readonly value: string | null
}

/** Reads one line; a `;` ends the pair even within quotes, as it does for browsers. */
export function parseSetCookie(line: string): SetCookie {
  const [pair = '', ...rest] = line.split(';')
  const equals = pair.indexOf('=')
  return {
    pair,
    // A pair without `=` is a value without a name.
    name: equals === -1 ? '' : pair.slice(0, equals).trim(),
    attributes: rest.map((part) => {
      const at = part.indexOf('=')
      const label = (at === -1 ? part : part.slice(0, at)).trim()
      return { label, name: label.toLowerCase(), value: at === -1 ? null : part.slice(at + 1).trim() }
    }),
  }
}

export function formatSetCookie({ pair, attributes }: SetCookie): string {
  let line = pair
  for (const { label, value } of attributes) line += value === null ? `; ${label}` : `; ${label}=${value}`
  return line
}
