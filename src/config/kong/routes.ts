import type { RouteConfig } from '../edge-config.js'
import type { FilterConfig } from '../filter-config.js'
import type { ForwardConfig } from '../handler-config.js'
import { type KongPath, readPath } from './paths.js'
import { given } from './plugin.js'
import type { Section } from './section.js'

/** What stands between a route of Kong's and its service. */
export interface RouteParts {
  readonly forward: ForwardConfig
  readonly filters: readonly FilterConfig[]
  /** In place of the upstream, as `request-termination` has it. */
  readonly handler: Partial<RouteConfig> | undefined
}

const ANY: KongPath = { glob: '/**', prefix: '', differs: null }

/** What a route of Kong's says of requests. */
export interface KongConditions {
  readonly paths: readonly KongPath[]
  readonly methods: readonly string[] | undefined
  readonly hosts: readonly string[] | undefined
  readonly headers: RouteConfig['headers']
  readonly strips: boolean
  readonly keepsHost: boolean
  readonly httpsOnly: boolean
}

/** Reads a route, but for its plugins; `null` for one of a protocol that is none of a gateway's. */
export function readConditions(route: Section): KongConditions | null {
  for (const key of ['snis', 'sources', 'destinations', 'expression'])
    if (says(route.any(key))) route.note('unsafe', `${key} has no counterpart`)
  const protocols = route.texts('protocols') ?? ['http', 'https']
  const odd = protocols.filter((each) => !/^(?:https?|grpcs?|wss?)$/.test(each))
  if (odd.length > 0) route.note('left-out', `protocol ${odd.join(', ')}: see createTcpBalancer()`)
  const hosts = route.texts('hosts')
  for (const host of hosts ?? [])
    if (host.endsWith('.*') || /:\d+$/.test(host)) route.note('unsafe', `host ${host} has no counterpart`)
  const read = (route.texts('paths') ?? []).map((path) => [path, readPath(path)] as const)
  for (const [path, found] of read) {
    if (found === null) route.note('unsafe', `path ${path} is no glob`)
    else if (found.differs !== null) route.note('differs', `path ${path}: ${found.differs}`)
  }
  const strips = route.flag('strip_path') ?? true
  const paths = read.flatMap(([, found]) => found ?? [])
  if (strips && paths.some(({ prefix }) => prefix === null))
    route.note('unsafe', 'strip_path of a regular expression: use rewritePath({ pattern, to })')
  route.skip('regex_priority', 'path_handling', 'request_buffering', 'response_buffering', 'service', 'plugins')
  if (says(route.any('regex_priority'))) route.note('differs', 'the most specific route wins, not regex_priority')
  const httpsOnly = !protocols.includes('http') && protocols.includes('https')
  if (httpsOnly && (route.number('https_redirect_status_code') ?? 426) === 426)
    route.note('differs', 'http is sent to https, where Kong answers 426')
  if (odd.length === protocols.length) return null
  return {
    paths: read.length === 0 ? [ANY] : paths,
    methods: route.texts('methods'),
    hosts,
    headers: headersOf(route),
    strips,
    keepsHost: route.flag('preserve_host') ?? false,
    httpsOnly,
  }
}

/** The routes that one of Kong's becomes: one for each of its paths. */
export function routesOf(conditions: KongConditions, parts: RouteParts): RouteConfig[] {
  const { paths, methods, hosts, headers, strips, keepsHost, httpsOnly } = conditions
  return paths.map(({ glob, prefix }) => {
    const filters: FilterConfig[] = [
      ...(httpsOnly ? ['redirectToHttps'] : []),
      ...parts.filters,
      ...(strips && prefix !== '' && prefix !== null && parts.handler === undefined
        ? [{ rewritePath: { strip: prefix } }]
        : []),
    ]
    const handler = parts.handler ?? { forward: keepsHost ? parts.forward : { ...parts.forward, changeOrigin: true } }
    return given({ path: glob, methods, hosts, headers, filters: filters.length > 0 ? filters : undefined, ...handler })
  })
}

/** Kong takes any of several values, whatever their case; one that begins with `~*` is an expression. */
function headersOf(route: Section): RouteConfig['headers'] {
  const entries = route.entries('headers').map(([name, values]) => {
    const each = [values].flat().map(String)
    const sources = each.map((value) => (value.startsWith('~*') ? value.slice(2) : `^${escaped(value)}$`))
    return [name, { regex: sources.length === 1 ? sources[0]! : `(?:${sources.join('|')})`, flags: 'i' }] as const
  })
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

function says(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== 0
}
