/** A placeholder in a text, as `{method}`. */
export interface Named {
  readonly name: string
}

/** Splits a text into what stands for itself and its placeholders; `{{` and `}}` are braces. `null` where braces do not pair up. */
export function templateParts(text: string): readonly (string | Named)[] | null {
  const parts: (string | Named)[] = []
  let literal = ''
  let end = 0
  for (const match of text.matchAll(/\{\{|\}\}|\{([^{}]*)\}|[{}]/g)) {
    const [found, name] = match
    literal += text.slice(end, match.index)
    end = match.index + found.length
    if (found === '{{' || found === '}}') literal += found[0]
    else if (name === undefined) return null
    else {
      if (literal !== '') parts.push(literal)
      literal = ''
      parts.push({ name })
    }
  }
  literal += text.slice(end)
  if (literal !== '') parts.push(literal)
  return parts
}
