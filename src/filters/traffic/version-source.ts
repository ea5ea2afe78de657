import type { Exchange } from '../../exchange.js'
import { listMembers } from '../../http/field-list.js'
import { fieldValue } from '../../http/header-map.js'
import { readMediaType } from '../../http/media-type.js'
import { optionError } from '../../options.js'

/**
 * Where a request names its version.
 *
 * | Source                                    | Version 2 is asked by                                                                    |
 * | ----------------------------------------- | ---------------------------------------------------------------------------------------- |
 * | `{ path: 'v' }`                           | `/v2/users`: the first segment below the base, which is taken off for the upstream       |
 * | `{ path: 'v', keep: true }`               | the same, sent on as it is                                                               |
 * | `{ header: 'x-api-version' }`             | `X-Api-Version: 2`                                                                       |
 * | `{ query: 'version' }`                    | `?version=2`                                                                             |
 * | `{ mediaType: 'application/vnd.acme' }`   | `Accept: application/vnd.acme.v2+json`, or `application/vnd.acme+json; version=2`        |
 */
export type VersionSource =
  | { readonly path: string; readonly keep?: boolean }
  | { readonly header: string }
  | { readonly query: string }
  | { readonly mediaType: string }

/** A version that a request names. */
export interface NamedVersion {
  readonly version: string
  /** Of the answer if there is no such version. */
  readonly status: number
  /** What to send upstream in place of the wire target. */
  readonly wire?: string | undefined
}

export interface CompiledSource {
  /** Request field that decides, for Vary. */
  readonly field?: string
  read(exchange: Exchange): NamedVersion | null
}

const ALLOWED = '{ path }, { header }, { query } or { mediaType }'

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function compileVersionSource(source: VersionSource, option: string, known: readonly string[]): CompiledSource {
  const value = typeof source === 'object' && source !== null ? Object.values(source)[0] : undefined
  if (typeof value !== 'string' || (value === '' && !('path' in source)))
    throw optionError('versions', option, source, ALLOWED)
  if ('path' in source) return { read: pathReader(source.path, source.keep === true) }
  if ('header' in source) {
    const field = source.header.toLowerCase()
    return { field, read: ({ headers }) => named(fieldValue(headers, field)) }
  }
  if ('query' in source)
    return { read: ({ target }) => named(new URLSearchParams(target.query).get(source.query) ?? undefined) }
  if ('mediaType' in source) return { field: 'accept', read: acceptReader(source.mediaType.toLowerCase(), known) }
  throw optionError('versions', option, source, ALLOWED)
}

function named(version: string | undefined): NamedVersion | null {
  return version === undefined ? null : { version: version.trim(), status: 400 }
}

/** A first segment that is the prefix and a digit names a version, there or not; `/vendors` under `v` names none. */
function pathReader(prefix: string, keep: boolean): CompiledSource['read'] {
  const start = `/${prefix}`
  return ({ target: { path }, wire }) => {
    if (!path.startsWith(start) || !/[0-9]/.test(path[start.length] ?? '')) return null
    const end = path.indexOf('/', 1)
    const version = path.slice(start.length, end === -1 ? undefined : end)
    if (keep) return { version, status: 404 }
    // Something outside may have rewritten the path: only a segment that is still there is taken off.
    const segment = `${start}${version}`
    const rest =
      wire.path === segment || wire.path.startsWith(`${segment}/`) ? wire.path.slice(segment.length) : wire.path
    return { version, status: 404, wire: `${rest === '' ? '/' : rest}${wire.query}` }
  }
}

/** The version that Accept likes best among those there are; if it names only others, the first of these. */
function acceptReader(vendor: string, known: readonly string[]): CompiledSource['read'] {
  return ({ headers }) => {
    const accept = fieldValue(headers, 'accept')
    if (accept === undefined || !accept.toLowerCase().includes(vendor)) return null
    let best: { readonly version: string; readonly q: number } | null = null
    for (const member of listMembers(accept)) {
      const type = readMediaType(member)
      const version = type === null ? null : versionIn(type.essence, type.parameters, vendor)
      if (version === null) continue
      const q = known.includes(version) ? Number(type!.parameters.get('q') ?? 1) : 0
      if (best === null || q > best.q) best = { version, q }
    }
    return best === null ? null : { version: best.version, status: 406 }
  }
}

function versionIn(essence: string, parameters: ReadonlyMap<string, string>, vendor: string): string | null {
  if (!essence.startsWith(vendor)) return null
  const rest = essence.slice(vendor.length)
  const inName = /^\.v([a-z0-9][a-z0-9._-]*?)(?:\+[a-z]+)?$/.exec(rest)
  if (inName !== null) return inName[1]!
  return rest === '' || rest.startsWith('+') ? (parameters.get('version') ?? null) : null
}
