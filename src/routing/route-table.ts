import type { HeaderMap } from '../http/header-map.js'
import type { Route } from './route.js'

/** What of an exchange routes look at. */
export interface Question {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly host: string | null
  readonly headers: HeaderMap
}

/** A route that fits, or the methods of those that would have but for the method. */
export type Match = Route | { readonly allow: ReadonlySet<string> }

/**
 * Finds the most specific route: exact host before wildcard host before any; then the pattern with more literal segments;
 * then the one with more conditions; then the one listed first.
 *
 * Routes hang in a tree of their literal segments, so that a look-up costs the same with 10 or 10,000 distinct prefixes;
 * patterns are only tried among those whose prefix fits.
 */
export class RouteTable {
  readonly #exactHosts = new Map<string, Tree>()
  readonly #wildHosts: [suffix: string, tree: Tree][] = []
  readonly #anyHost: Tree
  readonly #fold: (text: string) => string

  constructor(routes: readonly Route[], caseSensitive: boolean) {
    this.#fold = caseSensitive ? (text) => text : (text) => text.toLowerCase()
    this.#anyHost = new Tree()
    for (const route of routes) {
      for (const host of route.hosts ?? [null]) this.#treeFor(host).add(route, this.#fold)
    }
    this.#wildHosts.sort(([a], [b]) => b.length - a.length)
  }

  find(question: Question): Match {
    const path = this.#fold(question.path)
    const { host } = question
    const search: Search = { question, allow: null }
    let found: Route | null = null
    if (host !== null && this.#exactHosts.size > 0) found = this.#exactHosts.get(host)?.find(path, search) ?? null
    if (host !== null && found === null) {
      for (const [suffix, tree] of this.#wildHosts)
        if (found === null && host.endsWith(suffix)) found = tree.find(path, search)
    }
    found ??= this.#anyHost.find(path, search)
    return found ?? { allow: search.allow ?? nothing }
  }

  #treeFor(host: string | null): Tree {
    if (host === null) return this.#anyHost
    if (!host.startsWith('*.')) {
      const known = this.#exactHosts.get(host) ?? new Tree()
      this.#exactHosts.set(host, known)
      return known
    }
    const suffix = host.slice(1)
    const known = this.#wildHosts.find(([each]) => each === suffix)
    if (known !== undefined) return known[1]
    const tree = new Tree()
    this.#wildHosts.push([suffix, tree])
    return tree
  }
}

const nothing: ReadonlySet<string> = new Set()

/** One look-up: what is asked, and the methods of the routes that would have fitted but for the method. */
interface Search {
  readonly question: Question
  allow: Set<string> | null
}

interface Node {
  readonly parent: Node | null
  readonly children: Map<string, Node>
  /** Routes whose literal segments end here, most specific first: exact ones, then patterns. */
  readonly exact: Route[]
  readonly patterns: Route[]
}

class Tree {
  readonly #root: Node = newNode(null)

  add(route: Route, fold: (text: string) => string): void {
    let node = this.#root
    for (const segment of route.pattern.literal) {
      const key = fold(segment)
      let next = node.children.get(key)
      if (next === undefined) {
        next = newNode(node)
        node.children.set(key, next)
      }
      node = next
    }
    const list = route.pattern.exact ? node.exact : node.patterns
    list.push(route)
    list.sort((a, b) => b.pattern.weight - a.pattern.weight || b.conditions - a.conditions || a.order - b.order)
  }

  /** @param path The path as it is compared: folded if case does not matter. */
  find(path: string, search: Search): Route | null {
    let node = this.#root
    let whole = path === '/'
    for (let start = 1; start <= path.length && !(path.length === 1); ) {
      const slash = path.indexOf('/', start)
      const end = slash === -1 ? path.length : slash
      const next = node.children.get(path.slice(start, end))
      if (next === undefined) break
      node = next
      start = end + 1
      if (slash === -1) whole = true
    }
    if (whole) {
      for (const route of node.exact) {
        if (isFor(route, search)) return route
      }
    }
    for (let at: Node | null = node; at !== null; at = at.parent) {
      for (const route of at.patterns) {
        if (isFor(route, search)) return route
      }
    }
    return null
  }
}

function newNode(parent: Node | null): Node {
  return { parent, children: new Map(), exact: [], patterns: [] }
}

function isFor(route: Route, search: Search): boolean {
  const { question } = search
  if (!route.pattern.matches(question.path) || !route.admits(question.headers, question.query)) return false
  if (route.methods === null || admitsMethod(route.methods, question)) return true
  search.allow ??= new Set()
  for (const method of route.methods) search.allow.add(method)
  if (route.methods.has('GET')) search.allow.add('HEAD')
  return false
}

/** Whether a route for these methods answers a request: HEAD goes where GET does. */
export function admitsMethod(methods: ReadonlySet<string>, { method, headers }: Question): boolean {
  if (methods.has(method)) return true
  if (method === 'HEAD') return methods.has('GET')
  // A CORS preflight goes to the route it asks about, whose cors() answers it.
  const wanted =
    method === 'OPTIONS' && headers['origin'] !== undefined ? headers['access-control-request-method'] : undefined
  return typeof wanted === 'string' && methods.has(wanted.toUpperCase())
}
