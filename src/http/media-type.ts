/** A media type, taken apart. */
export interface MediaType {
  /** `application/json`, in lower case. */
  readonly essence: string
  /** In lower case, as `json` of `application/problem+json`; without a suffix, the subtype. */
  readonly suffix: string
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const ESSENCE = new RegExp(`^(${TOKEN})/(${TOKEN})[ \\t]*(?=;|$)`)
const PARAMETER = new RegExp(
  `;[ \\t]*(?:(${TOKEN})=(?:(${TOKEN})|"((?:[^"\\\\\\x00-\\x08\\x0a-\\x1f\\x7f]|\\\\[\\t -~\\x80-\\xff])*)")[ \\t]*)?`,
  'y',
)
/** Longer than any that is meant. */
const LONGEST = 512

/**
 * Reads a Content-Type to the letter of RFC 9110 §8.3.1, `null` for what is none: `application/json garbage`, or one with a parameter
 * twice, is JSON to some parsers and nothing to others (H-203), so that no rule may be lenient about it.
 */
export function readMediaType(value: string | undefined): MediaType | null {
  if (value === undefined || value.length > LONGEST) return null
  const found = ESSENCE.exec(value)
  if (found === null) return null
  const essence = found[0].trimEnd().toLowerCase()
  const parameters = new Map<string, string>()
  PARAMETER.lastIndex = found[0].length
  while (PARAMETER.lastIndex < value.length) {
    const parameter = PARAMETER.exec(value)
    if (parameter === null) return null
    const [, name, token, quoted] = parameter
    if (name === undefined) continue
    const key = name.toLowerCase()
    if (parameters.has(key)) return null
    parameters.set(key, token ?? quoted!.replace(/\\(.)/g, '$1'))
  }
  const subtype = essence.slice(essence.indexOf('/') + 1)
  return { essence, suffix: subtype.slice(subtype.lastIndexOf('+') + 1), parameters }
}

/** Whether a media type says JSON: `application/json`, or any with the suffix `+json` (RFC 6839). */
export function isJson({ essence, suffix }: MediaType): boolean {
  return essence === 'application/json' || essence === 'text/json' || (suffix === 'json' && essence.includes('+json'))
}
