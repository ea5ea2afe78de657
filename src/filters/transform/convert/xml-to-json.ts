import type { XMLParser } from 'fast-xml-parser'
import { loadPackage } from '../../../load-package.js'
import { nullObject } from '../../../null-object.js'
import { check } from '../../../options.js'
import { Unreadable } from '../body-change.js'
import { rawNumber } from '../json/exact-json.js'
import type { ConvertLimits, Format } from './conversion.js'
import { decodeEntities, isXmlText } from './xml-text.js'

export interface XmlToJsonOptions {
  /** What comes: XML. */
  readonly from: 'xml'
  /** What goes on: JSON. */
  readonly to: 'json'
  /** What names of attributes begin with. @default '@' */
  readonly attributePrefix?: string | undefined
  /** The name of an element's text beside attributes or elements. @default '#text' */
  readonly textName?: string | undefined
  /**
   * Elements that are arrays also where only one is there: names, or paths from the root, as `order.item`. Others are arrays only where
   * several of a name stand in one element. @default none
   */
  readonly arrays?: readonly string[] | undefined
  /** Whether texts that are numbers, `true` or `false` become these. @default false: all are strings */
  readonly typed?: boolean | undefined
  /** Whether the outermost element is left out, and its content is the value. @default false */
  readonly dropRoot?: boolean | undefined
  /** Attributes of one element. @default 100 */
  readonly maxAttributes?: number | undefined
}

/** A node as the parser gives it: one member is named for the element, and holds what is in it. */
type Node = Readonly<Record<string, unknown>>
type Json = string | Json[] | { [name: string]: Json }

/** In front of every element's name while the parser has it, so that `__proto__` and `constructor` are names like any other (H-154). */
const MARK = '<'
const TEXT = '#text'
const ATTRIBUTES = ':@'

export const xmlToJson: Format<XmlToJsonOptions> = {
  matches: ({ essence, suffix }) =>
    essence === 'application/xml' || essence === 'text/xml' || (suffix === 'xml' && essence.endsWith('+xml')),
  accepts: ['application/xml', 'text/xml'],
  contentType: 'application/json',
  checks: {
    attributePrefix: check.string,
    textName: check.string,
    arrays: check.strings,
    typed: check.boolean,
    dropRoot: check.boolean,
    maxAttributes: check.whole(0, 100_000),
  },
  work(options, limits) {
    const parser = makeParser(limits)
    const reader = new Reader(options)
    return {
      kind: 'whole',
      maxBytes: limits.maxBytes,
      run: (text) => {
        const { encoding = 'utf-8' } =
          /^\s*<\?xml[^>]*?\sencoding\s*=\s*["'](?<encoding>[^"']*)/.exec(text)?.groups ?? {}
        if (!/^(?:utf-?8|us-ascii)$/i.test(encoding)) throw new Unreadable('the XML says that it is not UTF-8')
        return reader.write(parsed(parser, text))
      },
    }
  },
}

/** A parser that knows the five entities of XML and no others: a document type, which could define more or name files, is refused. */
function makeParser({ maxDepth }: ConvertLimits): XMLParser {
  const { XMLParser } = loadPackage<typeof import('fast-xml-parser')>('fast-xml-parser', 'convert')
  const marked = (name: string): string => (name.startsWith(MARK) ? name : MARK + name)
  return new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: MARK,
    transformTagName: marked,
    parseTagValue: false,
    trimValues: false,
    ignoreDeclaration: true,
    ignorePiTags: true,
    jPath: false,
    maxNestedTags: maxDepth,
    entityDecoder: {
      decode: decodeEntities,
      addInputEntities: () => {
        throw new Unreadable('the XML has a document type')
      },
      setExternalEntities: () => {},
      setXmlVersion: () => {},
      reset: () => {},
    },
  })
}

/** What the parser lets pass and does not show: characters that XML has not, and text behind the end. */
function parsed(parser: XMLParser, text: string): readonly Node[] {
  if (!isXmlText(text) || !text.trimEnd().endsWith('>')) throw new Unreadable('the body is not well-formed XML')
  try {
    return parser.parse(text, true) as readonly Node[]
  } catch (error) {
    throw error instanceof Unreadable ? error : new Unreadable('the body is not well-formed XML, or nested too deep')
  }
}

class Reader {
  readonly #prefix: string
  readonly #textName: string
  readonly #arrays: ReadonlySet<string>
  readonly #typed: boolean
  readonly #dropRoot: boolean
  readonly #maxAttributes: number

  constructor(options: XmlToJsonOptions) {
    this.#prefix = options.attributePrefix ?? '@'
    this.#textName = options.textName ?? TEXT
    this.#arrays = new Set(options.arrays)
    this.#typed = options.typed ?? false
    this.#dropRoot = options.dropRoot ?? false
    this.#maxAttributes = options.maxAttributes ?? 100
  }

  write(document: readonly Node[]): string {
    const [root, ...others] = document.filter((node) => !(TEXT in node) || (node[TEXT] as string).trim() !== '')
    // The parser's own check lets some of these pass.
    if (root === undefined || TEXT in root || others.length > 0)
      throw new Unreadable('the body is not well-formed XML: one element, and nothing beside it')
    const name = nameOf(root)
    const value = this.#value(root, name)
    const json = this.#dropRoot ? value : { [name]: value }
    return this.#typed ? JSON.stringify(json, typedValue) : JSON.stringify(json)
  }

  #value(node: Node, path: string): Json {
    const attributes = (node[ATTRIBUTES] ?? {}) as Readonly<Record<string, string>>
    const names = Object.keys(attributes)
    if (names.length > this.#maxAttributes) throw new Unreadable('the XML has an element with too many attributes')
    const value = nullObject<Json>()
    for (const name of names) value[this.#prefix + name.slice(MARK.length)] = attributes[name]!
    let text = ''
    let elements = 0
    for (const child of node[MARK + nameOf(node)] as readonly Node[]) {
      if (TEXT in child) {
        text += child[TEXT] as string
      } else {
        elements++
        this.#add(value, child, path)
      }
    }
    if (names.length + elements === 0) return text
    // Between elements there is white space to look at, and beside attributes there may be a text of white space.
    if (elements === 0 ? text !== '' : text.trim() !== '') value[this.#textName] = text
    return value
  }

  #add(parent: { [name: string]: Json }, child: Node, path: string): void {
    const name = nameOf(child)
    const place = `${path}.${name}`
    const value = this.#value(child, place)
    const before = parent[name]
    if (Array.isArray(before)) before.push(value)
    else if (before !== undefined) parent[name] = [before, value]
    else parent[name] = this.#arrays.has(name) || this.#arrays.has(place) ? [value] : value
  }
}

function nameOf(node: Node): string {
  for (const key in node) if (key !== ATTRIBUTES) return key.slice(MARK.length)
  return ''
}

/** Numbers as JSON writes them, kept as they are however long; no more, so that `007` and `1e5` stay what they are. */
function typedValue(_name: string, value: unknown): unknown {
  if (typeof value !== 'string') return value
  if (value === 'true' || value === 'false') return value === 'true'
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(value) ? rawNumber(value) : value
}
