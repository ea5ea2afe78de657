/** How much XML a message may hold, beside its length. */
export interface XmlRules {
  readonly maxDepth: number
  readonly maxElements: number
  readonly maxAttributes: number
  readonly maxNameLength: number
  readonly maxAttributeLength: number
  readonly instructions: 'refuse' | 'allow'
}

const BLANK = '[ \\t\\r\\n]'
/** Namespaces' colon included; what is not ASCII is none of the markup's business. */
const NAME = '[A-Za-z_:\\x80-\\uffff][-A-Za-z0-9._:\\x80-\\uffff]*'
const OPEN = new RegExp(`<(${NAME})`, 'y')
const CLOSE = new RegExp(`</(${NAME})${BLANK}*>`, 'y')
const ATTRIBUTE = new RegExp(`${BLANK}+(${NAME})${BLANK}*=${BLANK}*(?:"([^"<]*)"|'([^'<]*)')`, 'y')
const TAG_END = new RegExp(`${BLANK}*(/?)>`, 'y')
const DECLARATION = new RegExp(
  `<\\?xml${BLANK}+version${BLANK}*=${BLANK}*(?:"1\\.0"|'1\\.0')(?:${BLANK}+encoding${BLANK}*=${BLANK}*["']([A-Za-z0-9._-]{1,40})["'])?(?:${BLANK}+standalone${BLANK}*=${BLANK}*["'](?:yes|no)["'])?${BLANK}*\\?>`,
  'y',
)
/** A reference that needs no declaration (XML 1.0 §4.6), or to a character. */
const REFERENCE = /&(?:lt|gt|amp|apos|quot|#\d{1,7}|#x[0-9A-Fa-f]{1,6});/y
/** What no XML holds (XML 1.0 §2.2), and some parsers stop at. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/
const BYTE_ORDER_MARK = 0xfeff
const ENCODINGS: ReadonlySet<string> = new Set(['utf-8', 'us-ascii', 'ascii'])

/**
 * Reads XML text once, without making or expanding anything, and says what is wrong with it; `null` for nothing. There is no document
 * type in what passes, and so no entity beyond the five that XML has, and nothing of another place.
 */
export function scanXml(text: string, rules: XmlRules): string | null {
  return new Scan(text, rules).run()
}

class Scan {
  readonly #text: string
  readonly #rules: XmlRules
  readonly #open: string[] = []
  #at = 0
  #elements = 0

  constructor(text: string, rules: XmlRules) {
    this.#text = text
    this.#rules = rules
  }

  run(): string | null {
    const text = this.#text
    if (CONTROL.test(text)) return 'a control character'
    if (text.charCodeAt(0) === BYTE_ORDER_MARK) this.#at = 1
    const declared = this.#take(DECLARATION)
    if (declared?.[1] !== undefined && !ENCODINGS.has(declared[1].toLowerCase())) return 'an encoding other than UTF-8'
    while (this.#at < text.length) {
      const mark = text.indexOf('<', this.#at)
      const end = mark === -1 ? text.length : mark
      const wrong = this.#characters(this.#at, end) ?? (mark === -1 ? null : this.#markup(end))
      if (wrong !== null) return wrong
      if (mark === -1) break
    }
    return this.#open.length > 0 || this.#elements === 0 ? 'no whole element' : null
  }

  /** Text between tags; outside of all elements only blanks may stand. */
  #characters(from: number, end: number): string | null {
    this.#at = end
    if (from === end) return null
    const text = this.#text.slice(from, end)
    if (this.#open.length === 0) return /[^ \t\r\n]/.test(text) ? 'text outside of its element' : null
    if (text.includes(']]>')) return 'a ]]> without its beginning'
    return badReference(text)
  }

  #markup(at: number): string | null {
    const text = this.#text
    if (text.startsWith('</', at)) return this.#close()
    if (text.startsWith('<!--', at)) return this.#skip(at + 4, '--', '-->', 'a comment')
    if (text.startsWith('<![CDATA[', at))
      return this.#open.length === 0
        ? 'text outside of its element'
        : this.#skip(at + 9, ']]>', ']]>', 'a section of text')
    if (text.startsWith('<!', at)) return 'a document type'
    if (text.startsWith('<?', at)) {
      const isXml = /^<\?xml[^A-Za-z0-9._:-]/i.test(text.slice(at, at + 6))
      if (isXml || this.#rules.instructions === 'refuse') return 'a processing instruction'
      return this.#skip(at + 2, '?>', '?>', 'a processing instruction')
    }
    return this.#start()
  }

  #start(): string | null {
    const { maxDepth, maxElements, maxNameLength } = this.#rules
    const name = this.#take(OPEN)?.[1]
    if (name === undefined) return 'a < that begins nothing'
    if (name.length > maxNameLength) return `a name of more than ${maxNameLength} characters`
    if (this.#open.length === 0 && this.#elements > 0) return 'a second outermost element'
    if (++this.#elements > maxElements) return `more than ${maxElements} elements`
    const wrong = this.#attributes()
    if (wrong !== null) return wrong
    const end = this.#take(TAG_END)
    if (end === null) return 'a tag without an end'
    if (this.#open.length === maxDepth) return `more than ${maxDepth} levels`
    if (end[1] === '') this.#open.push(name)
    return null
  }

  #attributes(): string | null {
    const { maxAttributes, maxAttributeLength, maxNameLength } = this.#rules
    const names = new Set<string>()
    for (let found = this.#take(ATTRIBUTE); found !== null; found = this.#take(ATTRIBUTE)) {
      const [, name = '', double, single] = found
      const value = double ?? single ?? ''
      if (name.length > maxNameLength) return `a name of more than ${maxNameLength} characters`
      if (value.length > maxAttributeLength) return `an attribute of more than ${maxAttributeLength} characters`
      if (names.has(name)) return 'an attribute that stands twice'
      if (names.add(name).size > maxAttributes) return `more than ${maxAttributes} attributes`
      const wrong = badReference(value)
      if (wrong !== null) return wrong
    }
    return null
  }

  #close(): string | null {
    const found = this.#take(CLOSE)
    if (found === null || found[1] !== this.#open.pop()) return 'an end of an element that does not fit'
    return null
  }

  /** Goes on behind `end`; `first` must not stand before that by itself. */
  #skip(from: number, first: string, end: string, what: string): string | null {
    const at = this.#text.indexOf(first, from)
    if (at === -1 || !this.#text.startsWith(end, at)) return `${what} without an end`
    this.#at = at + end.length
    return null
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (found !== null) this.#at += found[0].length
    return found
  }
}

/** An entity that would have to be declared, or a bare `&`. */
function badReference(text: string): string | null {
  for (let at = text.indexOf('&'); at !== -1; at = text.indexOf('&', at + 1)) {
    REFERENCE.lastIndex = at
    if (!REFERENCE.test(text)) return 'an entity that XML does not have by itself'
  }
  return null
}
