import { type Exchange, type StateKey, stateKey } from '../../exchange.js'
import { branching, type Handler } from '../../filter.js'
import { changeHeaders, type HeaderMap } from '../../http/header-map.js'
import { withVary } from '../../http/vary.js'
import { check, checkOptions, optionError } from '../../options.js'
import { problem } from '../../problem.js'
import type { Reply } from '../../reply.js'
import type { HandlerVerdict } from '../../verdict.js'
import { changeReply } from '../reply-fields.js'
import { compileVersionSource, type NamedVersion, type VersionSource } from './version-source.js'

export interface VersionsOptions {
  /** Who answers each version, by its name: `{ '1': handler, '2': handler }`. */
  readonly versions: Readonly<Record<string, Handler>>
  /** Where a request may name its version: the first that does counts. */
  readonly from: readonly VersionSource[]
  /** The version of a request that names none. @default none: such a request is a 400 */
  readonly default?: string | undefined
}

const KEY: StateKey<string> = stateKey('apiVersion')

/**
 * The version that {@link versions} chose for an exchange.
 *
 * @example
 * ```ts
 * events.on('exchange', ({ exchange, outcome }) => console.log(versionOf(exchange), outcome.status))
 * ```
 */
export function versionOf(exchange: Exchange | undefined): string | undefined {
  return exchange?.get(KEY)
}

/**
 * Chooses a handler by the version of the API that a request names: in the path, a field, the query, or the media type it accepts.
 *
 * A version that there is not is answered with problem details that name those there are: 404 where the path said it, 406 where Accept did, else
 * 400. Where a field decides, replies vary by it.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const api = versions({
 *   versions: { '1': forward({ pool: old }), '2': forward({ pool: current }) },
 *   from: [{ path: 'v' }, { header: 'x-api-version' }, { mediaType: 'application/vnd.acme' }],
 *   default: '2',
 * })
 * ```
 */
export function versions(options: VersionsOptions): Handler {
  checkOptions('versions', options, { versions: check.object, from: check.array, default: check.string })
  const { from, default: usual } = options
  const handlers = new Map(Object.entries(options.versions ?? {}))
  if (handlers.size === 0)
    throw optionError('versions', 'versions', options.versions, 'at least one handler by its name')
  for (const [name, handler] of handlers) {
    if (typeof handler !== 'function') throw optionError('versions', `versions.${name}`, handler, 'a handler')
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name))
      throw optionError('versions', `versions.${name}`, handler, 'a name of letters, digits, ".", "_" and "-"')
  }
  if (usual !== undefined && !handlers.has(usual))
    throw optionError('versions', 'default', usual, `one of ${[...handlers.keys()].join(', ')}`)
  if (from === undefined || from.length === 0) throw optionError('versions', 'from', from, 'at least one source')
  const sources = from.map((source, at) => compileVersionSource(source, `from.${at}`, [...handlers.keys()]))
  const vary = sources.flatMap(({ field }) => field ?? [])
  const varied = (headers: HeaderMap): HeaderMap => changeHeaders(headers, { vary: withVary(headers, vary) })

  const find = (exchange: Exchange): NamedVersion | null => {
    for (const source of sources) {
      const found = source.read(exchange)
      if (found !== null) return found
    }
    return null
  }
  const onward = (exchange: Exchange, found: NamedVersion | null): Exchange =>
    found?.wire === undefined ? exchange : exchange.with({ wire: found.wire })
  const answer = (exchange: Exchange): Promise<Reply> => {
    const found = find(exchange)
    const version = found?.version ?? usual
    const handler = version === undefined ? undefined : handlers.get(version)
    if (handler === undefined) return Promise.resolve(unknown(found?.status ?? 400, [...handlers.keys()]))
    exchange.set(KEY, version!)
    return handler(onward(exchange, found))
  }
  const explain = (exchange: Exchange): HandlerVerdict => {
    const found = find(exchange)
    const version = found?.version ?? usual
    const handler = handlers.get(version ?? '')
    if (handler === undefined) {
      const why = found === null ? 'the request names no version' : 'there is no such version'
      return { handler: 'versions', verdict: 'deny', status: found?.status ?? 400, why }
    }
    const why = found === null ? 'the default, as the request names none' : 'the request names it'
    const ways = [{ name: version!, why, handler, exchange: onward(exchange, found) }]
    return { handler: 'versions', verdict: 'choose', why, ways }
  }
  const run = branching(
    vary.length === 0 ? answer : (exchange: Exchange) => changeReply(exchange, () => answer(exchange), varied),
    [...handlers.values()],
  )
  return Object.assign(run, { explain })
}

function unknown(status: number, supported: readonly string[]): Reply {
  return problem({ status, title: 'No such version', detail: 'Name one of the supported versions.', supported })
}
