import { code } from './markdown.js'

/** Writes links as they look from one page: in docs/api (`from.folder` is `''`), or in docs (`'api/'`). */
export class Links {
  #reference
  #from

  constructor(reference, from) {
    this.#reference = reference
    this.#from = from
  }

  to(entry, label = entry.name) {
    const page = entry.page === this.#from.page ? '' : `${this.#from.folder}${entry.page}.md`
    return `[${code(label)}](${page}#${entry.anchor})`
  }

  /** What a type says, in code, its names linked. */
  tokens(tokens) {
    const parts = []
    let plain = ''
    const flush = () => {
      if (plain.trim() !== '')
        parts.push(plain.replace(/^(\s*)(.*?)(\s*)$/, (_all, before, text, after) => before + code(text) + after))
      plain = ''
    }
    for (const { text, gap, symbol } of tokens) {
      if (gap) plain += ' '
      const entry = this.#reference.entryOf(symbol)
      if (entry === undefined) plain += text
      else {
        const space = /\s$/.test(plain) ? ' ' : ''
        plain = plain.trimEnd()
        flush()
        parts.push(space + this.to(entry, text))
      }
    }
    flush()
    return parts.join('').trim()
  }

  /** The entries that tokens name, each once. */
  namesOf(tokens) {
    return [...new Set(tokens.map(({ symbol }) => this.#reference.entryOf(symbol)))].filter(
      (entry) => entry !== undefined,
    )
  }

  /** Prose of a comment, with its `{@link …}` as links, or in code where they lead to nothing public. */
  prose(text) {
    return text
      .replace(/\{@link\s+([\w.]+)\s*(?:\|?\s*([^}]+?))?\s*\}/g, (_all, name, label) => this.#link(name, label))
      .split(/(`[^`]*`)/)
      .map((part) => (part.startsWith('`') ? this.#errorCode(part) : part.replace(/<(?=[a-z/!])/gi, '\\<')))
      .join('')
  }

  #link(name, label) {
    const entry = this.#reference.named(name.split('.')[0], this.#from.subpath)
    return entry === undefined ? code(label ?? name) : this.to(entry, label ?? name)
  }

  /** Error codes are explained on a page of their own. */
  #errorCode(part) {
    const [, name] = /^`(ERR_EDGE_[A-Z_]+)`$/.exec(part) ?? []
    return name === undefined ? part : `[${part}](${this.#from.up}errors.md#${name.toLowerCase()})`
  }
}
