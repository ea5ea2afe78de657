import type { Route } from './route.js'
import { admitsMethod, type Question } from './route-table.js'

/** A route that does not answer a request, and why. */
export interface Misfit {
  readonly route: string
  /** `null` for any. */
  readonly methods: readonly string[] | null
  readonly hosts: readonly string[] | null
  readonly why: string
}

/** The nearest of them, and how many more there are. */
export interface Misfits {
  readonly near: readonly Misfit[]
  readonly more: number
}

interface Judged {
  readonly route: Route
  readonly faults: readonly string[]
  /** Segments at the head of the path that are the same; past any count where the whole path fits. */
  readonly common: number
}

/**
 * Judges every route by itself, other than the table does.
 *
 * @param found The one that the table found; `null` for none.
 */
export function misfitsOf(
  routes: readonly Route[],
  question: Question,
  found: Route | null,
  caseSensitive: boolean,
  limit: number,
): Misfits {
  const fold = (text: string): string => (caseSensitive ? text : text.toLowerCase())
  const segments = question.path === '/' ? [] : fold(question.path).slice(1).split('/')
  const others = routes.filter((route) => route !== found)
  const judged = others.map((route) => judge(route, question, segments, fold))
  judged.sort((a, b) => b.common - a.common || a.faults.length - b.faults.length || a.route.order - b.route.order)
  const near = judged.slice(0, limit).map(({ route, faults }) => ({
    route: route.name,
    methods: route.methods && [...route.methods],
    hosts: route.hosts,
    why: faults.length > 0 ? faults.join('; ') : outdone(route, found!, question.host),
  }))
  return { near, more: others.length - near.length }
}

function judge(route: Route, question: Question, segments: readonly string[], fold: (text: string) => string): Judged {
  const { pattern, methods, hosts } = route
  const { path, host, headers, query } = question
  const literal = pattern.literal.map(fold)
  const differs = literal.findIndex((segment, at) => segment !== segments[at])
  const common = differs === -1 ? literal.length : differs
  const isAt = differs === -1 && (pattern.exact ? segments.length === literal.length : pattern.matches(path))
  const lacks = route.lacks(headers, query)
  const faults = [
    isAt ? [] : 'another path',
    hosts === null || hosts.some((each) => hostRank(each, host) > 0) ? [] : `host: for ${hosts.join(', ')}`,
    methods === null || admitsMethod(methods, question) ? [] : `method: for ${[...methods].join(', ')}`,
    lacks ?? [],
  ].flat()
  return { route, faults, common: isAt ? Number.MAX_SAFE_INTEGER : common }
}

/** How well a route's host fits: 0 not at all, then any length of a wildcard, most for the exact name. */
function hostRank(pattern: string, host: string | null): number {
  if (host === null) return 0
  if (!pattern.startsWith('*.')) return pattern === host ? Number.POSITIVE_INFINITY : 0
  return host.endsWith(pattern.slice(1)) ? pattern.length : 0
}

function bestRank({ hosts }: Route, host: string | null): number {
  return hosts === null ? 0 : Math.max(0, ...hosts.map((each) => hostRank(each, host)))
}

/** Why a route that fits as well makes way. */
function outdone(route: Route, found: Route, host: string | null): string {
  const { name } = found
  if (bestRank(route, host) < bestRank(found, host)) return `fits, but the host of ${name} is more specific`
  if (route.pattern.weight < found.pattern.weight || (found.pattern.exact && !route.pattern.exact))
    return `fits, but ${name} is more specific`
  if (route.conditions < found.conditions) return `fits, but ${name} has more conditions`
  return found.order < route.order && String(route.pattern.literal) === String(found.pattern.literal)
    ? `fits, but ${name} is listed first`
    : `fits, but ${name} is more specific`
}
