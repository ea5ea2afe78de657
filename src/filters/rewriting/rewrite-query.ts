import type { Exchange } from '../../exchange.js'
import { defineFilter, type Filter } from '../../filter.js'
import { decodeQueryText, decodeText, encodeText } from '../../http/percent.js'
import { rewriteTarget } from '../../http/target.js'
import { compileTemplate, type Template } from '../../http/template.js'
import { check, checkOptions, optionError } from '../../options.js'

/** Changes to the query, in this order: `remove`, `rename`, `set`, `append`. Names are plain text, whatever escapes a query writes them with. */
export interface RewriteQueryOptions {
  /** Names of parameters to take away, all of a name. @default none */
  readonly remove?: readonly string[] | undefined
  /** Parameters to go by another name. @default none */
  readonly rename?: Readonly<Record<string, string>> | undefined
  /** Parameters to set: the first of its name is replaced where it stands, the others go. Values are templates. @default none */
  readonly set?: Readonly<Record<string, string>> | undefined
  /** Parameters to put behind what is there. Values are templates. @default none */
  readonly append?: Readonly<Record<string, string>> | undefined
}

/**
 * Changes the query that is sent upstream. Parameters that no rule names pass byte for byte, in their order (H-047).
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const query = rewriteQuery({ set: { tenant: '{headers.x-tenant}' }, rename: { q: 'query' }, remove: ['utm_source'] })
 * ```
 */
export function rewriteQuery(options: RewriteQueryOptions): Filter {
  checkOptions('rewriteQuery', options, {
    remove: check.strings,
    rename: check.object,
    set: check.object,
    append: check.object,
  })
  const removed = new Set((options.remove ?? []).map(named))
  const renamed = new Map(texts('rename', options.rename).map(([from, to]) => [named(from), encodeText(to)] as const))
  const set = new Map(
    texts('set', options.set).map(([name, value]) => [named(name), pair('set', name, value)] as const),
  )
  const appended = texts('append', options.append).map(([name, value]) => pair('append', name, value))

  const rewrite = (exchange: Exchange): string => {
    const { query } = exchange.wire
    const kept: string[] = []
    const put = new Set<string>()
    for (const part of query.length < 2 ? [] : query.slice(1).split('&')) {
      const equals = part.indexOf('=')
      let name = decodeQueryText(equals === -1 ? part : part.slice(0, equals))
      if (removed.has(name)) continue
      const other = renamed.get(name)
      if (other !== undefined) name = decodeText(other)
      const fresh = set.get(name)
      if (fresh === undefined) kept.push(other === undefined ? part : other + (equals === -1 ? '' : part.slice(equals)))
      else if (!put.has(name)) kept.push(fresh(exchange))
      if (fresh !== undefined) put.add(name)
    }
    for (const [name, fresh] of set) if (!put.has(name)) kept.push(fresh(exchange))
    for (const fresh of appended) kept.push(fresh(exchange))
    if (kept.length > 0) return `?${kept.join('&')}`
    return query.length < 2 ? query : ''
  }

  return defineFilter(
    {
      filterName: 'rewriteQuery',
      explain: (exchange) => {
        const query = rewrite(exchange)
        return query === exchange.wire.query
          ? { verdict: 'pass', why: 'the query stays' }
          : { verdict: 'change', why: `sends ${query || 'no query'}`, onward: (copy) => withQuery(copy, query) }
      },
    },
    (exchange, next) => {
      const query = rewrite(exchange)
      if (query === exchange.wire.query) return next(exchange)
      return next(withQuery(exchange, query))
    },
  )
}

function withQuery(exchange: Exchange, query: string): Exchange {
  return exchange.with({ wire: rewriteTarget(exchange.wire.path + query, { maxPathLength: 16_384 }) })
}

/** A name as it is compared: one character a byte, as a query's are after decoding. */
function named(text: string): string {
  return decodeText(encodeText(text))
}

function texts(option: string, rules: Readonly<Record<string, string>> = {}): [string, string][] {
  const entries = Object.entries(rules)
  for (const [name, value] of entries)
    if (typeof value !== 'string') throw optionError('rewriteQuery', `${option}.${name}`, value, 'a text')
  return entries
}

function pair(option: string, name: string, value: string): (exchange: Exchange) => string {
  const key = `${encodeText(name)}=`
  const template: Template | string = compileTemplate('rewriteQuery', `${option}.${name}`, value, 'value')
  return typeof template === 'string' ? () => key + template : (exchange) => key + template(exchange, exchange.params)
}
