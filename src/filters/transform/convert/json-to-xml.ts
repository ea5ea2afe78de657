import { isJson } from '../../../http/media-type.js'
import { type Check, check } from '../../../options.js'
import { Unreadable } from '../body-change.js'
import { isContainer } from '../json/exact-json.js'
import { readJson } from '../json/read-json.js'
import type { Format } from './conversion.js'
import { isXmlName, xmlAttribute, xmlName, xmlText } from './xml-text.js'

export interface JsonToXmlOptions {
  /** What comes: JSON. */
  readonly from: 'json'
  /** What goes on: XML. */
  readonly to: 'xml'
  /** The outermost element. @default the one member that the object has */
  readonly root?: string | undefined
  /** The elements of a value that is an array. @default 'item' */
  readonly item?: string | undefined
  /** What names of attributes begin with. @default '@' */
  readonly attributePrefix?: string | undefined
  /** The name of an element's text beside attributes or elements. @default '#text' */
  readonly textName?: string | undefined
  /** The type of what comes out, as `text/xml; charset=utf-8` for SOAP 1.1. @default 'application/xml' */
  readonly contentType?: string | undefined
}

const elementName: Check = (value) => (isXmlName(value) ? undefined : 'a name in XML')

export const jsonToXml: Format<JsonToXmlOptions> = {
  matches: isJson,
  accepts: ['application/json'],
  contentType: 'application/xml',
  checks: {
    root: elementName,
    item: elementName,
    attributePrefix: check.string,
    textName: check.string,
  },
  work(options, limits) {
    const writer = new Writer(options)
    return {
      kind: 'whole',
      maxBytes: limits.maxBytes,
      run: (text) => `<?xml version="1.0" encoding="UTF-8"?>${writer.document(readJson(text, limits.maxDepth))}`,
    }
  },
}

class Writer {
  readonly #root: string | undefined
  readonly #item: string
  readonly #prefix: string
  readonly #textName: string

  constructor({ root, item = 'item', attributePrefix = '@', textName = '#text' }: JsonToXmlOptions) {
    this.#root = root
    this.#item = item
    this.#prefix = attributePrefix
    this.#textName = textName
  }

  document(value: unknown): string {
    const content = Array.isArray(value) ? { [this.#item]: value } : value
    if (this.#root !== undefined) return this.#element(this.#root, content)
    const names = isContainer(content) ? Object.keys(content) : []
    const only = (content as Record<string, unknown>)?.[names[0] ?? '']
    if (names.length !== 1 || Array.isArray(value) || Array.isArray(only))
      throw new Unreadable('the JSON is not an object of one member that could be the outermost element')
    return this.#element(names[0]!, only)
  }

  #element(name: string, value: unknown): string {
    const tag = xmlName(name)
    if (Array.isArray(value)) return value.map((item) => this.#one(tag, item)).join('')
    let attributes = ''
    let content = isContainer(value) ? '' : xmlText(scalar(value))
    for (const key of isContainer(value) ? Object.keys(value) : []) {
      const member = (value as Record<string, unknown>)[key]
      if (key === this.#textName) content += xmlText(scalar(member))
      else if (!key.startsWith(this.#prefix)) content += this.#element(key, member)
      else attributes += ` ${xmlName(key.slice(this.#prefix.length))}="${xmlAttribute(scalar(member))}"`
    }
    return content === '' ? `<${tag}${attributes}/>` : `<${tag}${attributes}>${content}</${tag}>`
  }

  #one(tag: string, item: unknown): string {
    if (Array.isArray(item)) throw new Unreadable('the JSON has an array in an array, which XML has no form for')
    return this.#element(tag, item)
  }
}

/** A text, a number as it is written, `true` or `false`; nothing for `null`. */
export function scalar(value: unknown): string {
  if (typeof value === 'string') return value
  if (value === null) return ''
  if (isContainer(value)) throw new Unreadable('the JSON has an object or array where only a text can be')
  return JSON.stringify(value)
}
