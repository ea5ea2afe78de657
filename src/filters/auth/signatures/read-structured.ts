import type { BareItem, Dictionary, InnerList, Item, Member, Parameters } from './structured-field.js'

/** Reads a dictionary (RFC 9651 §4.2.2) to the letter; `null` for what is none. */
export function readDictionary(text: string): Dictionary | null {
  return whole(text, (reader) => reader.dictionary())
}

/** Reads a list (RFC 9651 §4.2.1); `null` for what is none. */
export function readList(text: string): readonly Member[] | null {
  return whole(text, (reader) => reader.list())
}

/** Reads an item (RFC 9651 §4.2.3); `null` for what is none. */
export function readItem(text: string): Item | null {
  return whole(text, (reader) => reader.item())
}

const KEY = /[a-z*][a-z0-9_.*-]*/y
const STRING = /"((?:[ !#-[\]-~]|\\["\\])*)"/y
const TOKEN = /[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*/y
// What padding is left out is put up with (§4.2.7), what is in the wrong place is not.
const BYTES = /:((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?):/y
const BOOLEAN = /\?([01])/y
const NUMBER = /-?(?:[0-9]{1,12}(\.)[0-9]{1,3}|[0-9]{1,15})(?![0-9.])/y
const DATE = /@(-?[0-9]{1,15})(?![0-9.])/y
const DISPLAY = /%"((?:[ !#$&-~]|%[0-9a-f]{2})*)"/y
const SPACES = / */y
const BLANKS = /[ \t]*/y

/** Thrown while reading, and never past {@link whole}. */
class Malformed extends Error {}

function whole<T>(text: string, read: (reader: Reader) => T): T | null {
  const reader = new Reader(text)
  try {
    reader.take(SPACES)
    const value = read(reader)
    reader.take(SPACES)
    return reader.ended ? value : null
  } catch (error) {
    if (error instanceof Malformed) return null
    throw error
  }
}

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get ended(): boolean {
    return this.#at === this.#text.length
  }

  take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (found !== null) this.#at = pattern.lastIndex
    return found
  }

  #must(pattern: RegExp): RegExpExecArray {
    const found = this.take(pattern)
    if (found === null) throw new Malformed()
    return found
  }

  #skip(char: string): boolean {
    if (this.#text[this.#at] !== char) return false
    this.#at++
    return true
  }

  dictionary(): Dictionary {
    const members = new Map<string, Member>()
    this.#separated(() => {
      const [key] = this.#must(KEY)
      members.set(key, this.#skip('=') ? this.member() : { bare: TRUE, params: this.#parameters() })
    })
    return members
  }

  list(): readonly Member[] {
    const members: Member[] = []
    this.#separated(() => members.push(this.member()))
    return members
  }

  /** Members with commas between; none behind the last (§4.2.1, §4.2.2). */
  #separated(readOne: () => void): void {
    while (!this.ended) {
      readOne()
      this.take(BLANKS)
      if (this.ended) return
      if (!this.#skip(',')) throw new Malformed()
      this.take(BLANKS)
      if (this.ended) throw new Malformed()
    }
  }

  member(): Member {
    return this.#skip('(') ? this.#innerList() : this.item()
  }

  #innerList(): InnerList {
    const items: Item[] = []
    while (true) {
      this.take(SPACES)
      if (this.#skip(')')) return { items, params: this.#parameters() }
      items.push(this.item())
      const next = this.#text[this.#at]
      if (next !== ' ' && next !== ')') throw new Malformed()
    }
  }

  item(): Item {
    return { bare: this.#bare(), params: this.#parameters() }
  }

  #parameters(): Parameters {
    const params = new Map<string, BareItem>()
    while (this.#skip(';')) {
      this.take(SPACES)
      const [key] = this.#must(KEY)
      params.set(key, this.#skip('=') ? this.#bare() : TRUE)
    }
    return params
  }

  #bare(): BareItem {
    switch (this.#text[this.#at]) {
      case '"':
        return { type: 'string', value: this.#must(STRING)[1]!.replace(/\\(.)/g, '$1') }
      case ':':
        return { type: 'bytes', value: Buffer.from(this.#must(BYTES)[1]!, 'base64') }
      case '?':
        return { type: 'boolean', value: this.#must(BOOLEAN)[1] === '1' }
      case '@':
        return { type: 'date', value: Number(this.#must(DATE)[1]) }
      case '%':
        return { type: 'display', value: decodeDisplay(this.#must(DISPLAY)[1]!) }
    }
    const token = this.take(TOKEN)
    if (token !== null) return { type: 'token', value: token[0] }
    const [digits, point] = this.#must(NUMBER)
    // There is one zero: -0 is written as 0.
    return { type: point === undefined ? 'integer' : 'decimal', value: Number(digits) + 0 }
  }
}

const TRUE: BareItem = Object.freeze({ type: 'boolean', value: true })

function decodeDisplay(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new Malformed()
  }
}
