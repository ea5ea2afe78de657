import type { Alias, Document, LineCounter, Node, Pair, YAMLMap, YAMLSeq } from 'yaml'
import { asError } from '../../errors.js'
import { loadPackage } from '../../load-package.js'
import { DEEPEST, MOST_VALUES, type Parsed, refusedName } from './parsed.js'
import type { Path } from './path.js'

type Yaml = typeof import('yaml')

const TAGS: ReadonlySet<string> = new Set(
  'str int float bool null map seq'.split(' ').map((name) => `tag:yaml.org,2002:${name}`),
)

/**
 * Reads YAML 1.2 by its core schema (so that `yes` and `2026-06-01` are texts), or JSON, which is a part of it. Refused are names that
 * stand twice, tags of one's own, more than one document, and what is larger or deeper than any configuration.
 */
export function parseYaml(text: string): Parsed {
  const yaml = loadPackage<Yaml>('yaml', 'loadGateway')
  const lines = new yaml.LineCounter()
  const reading = new Reading(yaml, lines)
  try {
    const document = yaml.parseDocument(text, {
      version: '1.2',
      schema: 'core',
      merge: false,
      // Asked for below: there it takes a time that does not grow with the square of the names.
      uniqueKeys: false,
      stringKeys: true,
      strict: true,
      prettyErrors: false,
      logLevel: 'error',
      lineCounter: lines,
    })
    for (const { message, pos } of [...document.errors, ...document.warnings]) reading.fault([], message, pos[0])
    return reading.of(document)
  } catch (error) {
    // A text that is nested by the thousand is more than the parser's stack holds.
    reading.fault([], asError(error).message, 0)
    return reading.of(null)
  }
}

/** Turns nodes into plain data, and remembers where each stood. */
class Reading {
  readonly #yaml: Yaml
  readonly #lines: LineCounter
  readonly #places = new Map<object, Map<string | number, number>>()
  readonly #faults: Parsed['faults'][number][] = []
  #targets = new Map<Alias, Node | undefined>()
  #left = MOST_VALUES

  constructor(yaml: Yaml, lines: LineCounter) {
    this.#yaml = yaml
    this.#lines = lines
  }

  of(document: Document | null): Parsed {
    if (document !== null) this.#targets = this.#aliasesOf(document)
    const data = document === null ? null : this.#value(document.contents as Node | null, [])
    return {
      data,
      faults: this.#faults,
      positionOf: (path) => this.#positionOf(data, path),
    }
  }

  fault(path: Path, message: string, offset: number): void {
    this.#faults.push({ path, message, position: this.#position(offset) })
  }

  /** What is past a bound is not read on. */
  #stop(path: Path, message: string, offset: number): null {
    this.#left = 0
    this.fault(path, message, offset)
    return null
  }

  #value(node: Node | null, path: Path): unknown {
    if (node === null || this.#left === 0) return null
    const offset = node.range?.[0] ?? 0
    if (--this.#left === 0) return this.#stop([], `more than ${MOST_VALUES} values, repeated ones included`, 0)
    if (path.length > DEEPEST)
      return this.#stop(path.slice(0, 4), `deeper than ${DEEPEST} objects and arrays within each other`, offset)
    const { isAlias, isMap, isSeq, isScalar } = this.#yaml
    if (isAlias(node)) return this.#aliased(node, path, offset)
    if (node.tag !== undefined && !TAGS.has(node.tag)) this.fault(path, `no tags of one's own: ${node.tag}`, offset)
    if (isMap(node)) return this.#object(node, path)
    if (isSeq(node)) return this.#array(node as YAMLSeq<Node>, path)
    const value: unknown = isScalar(node) ? node.value : null
    if (typeof value !== 'number' || Number.isFinite(value)) return value
    this.fault(path, 'a number that is none', offset)
    return null
  }

  #aliased(node: Alias, path: Path, offset: number): unknown {
    const target = this.#targets.get(node)
    if (target === undefined) this.fault(path, `no anchor "&${node.source}" stands before it`, offset)
    // An anchor that holds its own alias would go on for ever: the depth ends it.
    return target === undefined ? null : this.#value(target, path)
  }

  /** What each alias stands for, in one pass: the package's own look-up goes through the document for every one. */
  #aliasesOf(document: Document): Map<Alias, Node | undefined> {
    const targets = new Map<Alias, Node | undefined>()
    const anchors = new Map<string, Node>()
    const { isAlias, isNode } = this.#yaml
    this.#yaml.visit(document, (_key, node) => {
      if (isAlias(node)) targets.set(node, anchors.get(node.source))
      else if (isNode(node) && node.anchor !== undefined) anchors.set(node.anchor, node)
    })
    return targets
  }

  #object(node: YAMLMap, path: Path): Record<string, unknown> {
    const made: Record<string, unknown> = {}
    const places = new Map<string, number>()
    this.#places.set(made, places)
    for (const pair of node.items as Pair<Node, Node | null>[]) {
      // A collection or an alias, of which the package has told already: to write it as a text takes exponentially long.
      if (!this.#yaml.isScalar(pair.key)) continue
      const key = String(pair.key.value)
      const offset = pair.key.range?.[0] ?? 0
      const refused = refusedName(key)
      if (refused !== null) this.fault([...path, key], refused, offset)
      else if (places.has(key)) this.fault([...path, key], 'the name stands twice', offset)
      else made[key] = this.#value(pair.value, [...path, key])
      places.set(key, offset)
    }
    return made
  }

  #array(node: YAMLSeq<Node>, path: Path): unknown[] {
    const made: unknown[] = []
    const places = new Map<number, number>()
    this.#places.set(made, places)
    for (const [at, item] of node.items.entries()) {
      made.push(this.#value(item, [...path, at]))
      places.set(at, item.range?.[0] ?? 0)
    }
    return made
  }

  /** Of what stands there; of the nearest around it, where there is nothing. */
  #positionOf(data: unknown, path: Path): Parsed['faults'][number]['position'] {
    let offset = 0
    let here = data
    for (const step of path) {
      const places = typeof here === 'object' && here !== null ? this.#places.get(here) : undefined
      const found = places?.get(step)
      if (found === undefined) break
      offset = found
      here = (here as Record<string | number, unknown>)[step]
    }
    return this.#position(offset)
  }

  #position(offset: number): { line: number; column: number } {
    const { line, col } = this.#lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
}
