import type { HeaderRules } from '../../http/header-rules.js'
import type { DataOf } from '../data-of.js'
import type { FilterConfig } from '../filter-config.js'
import { given, type Imported, oneFilter, type PluginImport } from './plugin.js'
import type { Section } from './section.js'

/** Rules as both transformers have them, for fields or for parameters. */
function rulesOf(config: Section, kind: 'headers' | 'querystring'): DataOf<HeaderRules> | undefined {
  const listed = (action: string): readonly string[] => config.section(action)?.texts(kind) ?? []
  const pairs = (action: string): Record<string, string> | undefined => {
    const all = listed(action).map((entry) => {
      const colon = entry.indexOf(':')
      return [entry.slice(0, colon), entry.slice(colon + 1)] as const
    })
    return all.length === 0 ? undefined : Object.fromEntries(all)
  }
  const [added, replaced] = [pairs('add'), pairs('replace')]
  if (added !== undefined) config.note('differs', `add.${kind} takes the place of what is there`)
  if (replaced !== undefined) config.note('differs', `replace.${kind} also sets what is not there`)
  const removed = listed('remove')
  const rules = given({
    remove: removed.length > 0 ? removed : undefined,
    rename: pairs('rename'),
    set: added === undefined && replaced === undefined ? undefined : { ...added, ...replaced },
    append: pairs('append'),
  })
  return Object.keys(rules).length === 0 ? undefined : rules
}

function leaveOutRest(config: Section): void {
  for (const action of ['remove', 'rename', 'replace', 'add', 'append', 'allow']) {
    const rest = config.section(action)?.skip('headers', 'querystring', 'uri')
    rest?.finish('left-out')
  }
}

const requestTransformer: PluginImport = {
  priority: 801,
  guard: false,
  read(config) {
    const headers = rulesOf(config, 'headers')
    const query = rulesOf(config, 'querystring')
    const uri = config.section('replace')?.text('uri')
    const method = config.text('http_method')
    leaveOutRest(config)
    if (uri !== undefined) config.note('left-out', 'replace.uri: use rewritePath({ to })')
    const filters: FilterConfig[] = []
    if (method !== undefined) filters.push({ rewriteMethod: { to: method } as never })
    if (query !== undefined) filters.push({ rewriteQuery: query as never })
    if (headers !== undefined) filters.push({ requestHeaders: headers })
    return { filters }
  },
}

const responseTransformer: PluginImport = {
  priority: 800,
  guard: false,
  read(config): Imported {
    const headers = rulesOf(config, 'headers')
    leaveOutRest(config)
    return headers === undefined ? { filters: [] } : oneFilter({ replyHeaders: headers })
  },
}

const correlationId: PluginImport = {
  priority: 100_001,
  guard: false,
  read(config) {
    const generator = config.text('generator') ?? 'uuid#counter'
    if (generator !== 'uuid') config.note('differs', `generator "${generator}": ids are UUIDs`)
    return oneFilter({
      requestId: {
        header: config.text('header_name') ?? 'Kong-Request-ID',
        accept: 'always',
        tellClient: config.flag('echo_downstream') ?? false,
      },
    })
  },
}

const proxyCache: PluginImport = {
  priority: 100,
  guard: false,
  read(config) {
    const ttlMs = (config.number('cache_ttl') ?? 300) * 1000
    const codes = (config.texts('response_code') ?? ['200', '301', '404']).map(Number)
    config.skip('strategy', 'memory', 'storage_ttl', 'request_method', 'content_type', 'response_headers')
    const rest = ['vary_query_params', 'vary_headers', 'ignore_uri_case']
    for (const name of rest)
      if (config.texts(name) !== undefined) config.note('left-out', `${name}: see the cache's key option`)
    if (config.flag('cache_control') !== true) {
      config.note('differs', 'Cache-Control of a reply is obeyed; cache_ttl is for those that have none')
      return oneFilter({ cache: { lifetimesMs: Object.fromEntries(codes.map((code) => [code, ttlMs])) } as never })
    }
    return oneFilter({ cache: {} })
  },
}

const requestTermination: PluginImport = {
  priority: 2,
  guard: true,
  read(config) {
    if (config.text('trigger') !== undefined) {
      config.note('unsafe', 'trigger has no counterpart')
      return null
    }
    config.skip('echo')
    const message = config.text('message')
    const type = config.text('content_type')
    return {
      filters: [],
      handler: {
        respond: given({
          status: config.number('status_code') ?? 503,
          body: config.text('body'),
          json: message === undefined ? undefined : { message },
          headers: type === undefined ? undefined : { 'content-type': type },
        }),
      },
    }
  },
}

export const SHAPE_PLUGINS: Readonly<Record<string, PluginImport>> = {
  'request-transformer': requestTransformer,
  'response-transformer': responseTransformer,
  'correlation-id': correlationId,
  'proxy-cache': proxyCache,
  'request-termination': requestTermination,
}
