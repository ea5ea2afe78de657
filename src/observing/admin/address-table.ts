import type { Operation } from './operation.js'

/** An address that is known, with what can be asked of it. */
export interface Address {
  readonly names: Readonly<Record<string, string>>
  readonly operations: ReadonlyMap<string, Operation>
}

interface Entry {
  readonly path: string
  readonly expression: RegExp
  readonly operations: Map<string, Operation>
}

/** Finds what was asked for by its path: the address with more words of its own before one that takes them for a name. */
export class AddressTable {
  readonly #entries: Entry[] = []

  constructor(operations: readonly Operation[]) {
    for (const operation of operations) {
      const { path, method } = operation
      let entry = this.#entries.find((each) => each.path === path)
      if (entry === undefined) {
        entry = { path, expression: compile(path), operations: new Map() }
        this.#entries.push(entry)
      }
      entry.operations.set(method, operation)
    }
    this.#entries.sort((a, b) => wordsOf(b.path) - wordsOf(a.path))
  }

  /** @param path Below the mount point, canonical and still encoded: each name in it is decoded once. */
  find(path: string): Address | null {
    for (const { expression, operations } of this.#entries) {
      const found = expression.exec(path)
      if (found === null) continue
      const names = Object.entries(found.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)])
      return { names: Object.fromEntries(names), operations }
    }
    return null
  }
}

/** How many characters of a path are its own. */
function wordsOf(path: string): number {
  return path.replace(/\{\w+\}/g, '').length
}

/** The expression of a path. A name that another follows ends at the first place where it may: going on from there would be quadratic. */
function compile(path: string): RegExp {
  const source = path.replace(/\{(\w+)\}(?=([^{]*)(\{?))/g, (_, name: string, words: string, more: string) =>
    more === '' ? `(?<${name}>.+?)` : `(?<${name}>(?:(?!${words}).)+)`,
  )
  return new RegExp(`^${source}/?$`)
}
