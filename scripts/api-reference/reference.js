import { ts } from './compiler.js'
import { docOf } from './doc-comment.js'
import { CORE_PAGES } from './pages.js'

const KINDS = new Map([
  [ts.SyntaxKind.FunctionDeclaration, 'function'],
  [ts.SyntaxKind.InterfaceDeclaration, 'interface'],
  [ts.SyntaxKind.TypeAliasDeclaration, 'type'],
  [ts.SyntaxKind.ClassDeclaration, 'class'],
  [ts.SyntaxKind.VariableDeclaration, 'const'],
  [ts.SyntaxKind.SourceFile, 'namespace'],
])

/**
 * Everything that is public, each once: at home in the first subpath that exports it. Types that only stand in the signatures of others
 * join when somebody asks for them.
 */
export class Reference {
  #project
  #pages
  #entries = new Map()

  constructor(project) {
    this.#project = project
    const [core, ...others] = project.subpaths
    this.#pages = [
      ...CORE_PAGES.map((page) => ({ ...page, subpath: core.name, of: page.of.split(' ') })),
      ...others.map(({ name, folder }) => ({ id: name.split('/').at(-1), title: name, subpath: name, of: [folder] })),
    ]
    for (const { name, exports } of project.subpaths)
      for (const each of exports) if (!this.#isKnown(each, name)) this.#add({ ...each, subpath: name })
  }

  get pages() {
    return this.#pages.map((page) => ({ ...page, entries: this.entries.filter((entry) => entry.page === page.id) }))
  }

  get entries() {
    return [...this.#entries.values()].sort(byName)
  }

  /** The entry of what a word in a type names; `undefined` for a type that is not the project's. */
  entryOf(symbol) {
    return symbol && (this.#entries.get(symbol) ?? this.#inner(symbol))
  }

  /** The public entry of that name: of the same subpath, if there is one. */
  named(name, subpath) {
    const found = this.entries.filter((entry) => entry.name === name && entry.subpath !== null)
    return found.find((entry) => entry.subpath === subpath) ?? found[0]
  }

  /** A shape that no subpath exports, and is named in what they do export. Classes that none exports are nobody's to know. */
  #inner(symbol) {
    const kind = KINDS.get(symbol.declarations?.[0]?.kind)
    const isShape = kind === 'interface' || kind === 'type'
    if (!isShape || this.#project.fileOf(symbol) === undefined || docOf(symbol.declarations[0]).internal)
      return undefined
    return this.#add({ name: symbol.name, symbol, typeOnly: true, subpath: null })
  }

  #isKnown({ name, symbol }, subpath) {
    const entry = this.#entries.get(symbol)
    entry?.also.push({ name, subpath })
    return entry !== undefined
  }

  #add({ name, symbol, typeOnly, subpath }) {
    const kind = KINDS.get(symbol.declarations[0].kind)
    const entry = { name, symbol, kind, typeOnly, subpath, also: [], declarations: symbol.declarations }
    entry.page = this.#pageOf(entry)
    const twins = this.entries.filter(
      (each) => each.page === entry.page && each.name === name && each.kind === kind,
    ).length
    entry.title = kind === 'function' ? `${name}()` : `${kind} ${name}${twins === 0 ? '' : ` (${twins + 1})`}`
    entry.anchor = entry.title
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-')
    this.#entries.set(symbol, entry)
    return entry
  }

  #pageOf({ name, symbol, subpath }) {
    const file = this.#project.fileOf(symbol)
    const fitting = this.#pages
      .filter((page) => subpath === null || page.subpath === subpath)
      .map(({ id, of }) => ({
        id,
        length: Math.max(...of.map((prefix) => (file.startsWith(prefix) ? prefix.length : -1))),
      }))
      .filter(({ length }) => length >= 0)
      .sort((a, b) => b.length - a.length)
    // A subpath has one page, wherever its exports are declared.
    const page = fitting[0]?.id ?? this.#pages.filter((each) => each.subpath === subpath).map(({ id }) => id)[0]
    if (fitting.length === 0 && (subpath === null || subpath === this.#project.subpaths[0].name))
      throw new Error(`${name} of src/${file} has no page: name one in scripts/api-reference/pages.js`)
    return page
  }
}

export function byName(a, b) {
  const [one, other] = [a, b].map(({ name }) => name.toLowerCase())
  return one < other ? -1 : one > other ? 1 : a.title < b.title ? -1 : 1
}
