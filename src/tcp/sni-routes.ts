import { parseAuthority } from '../http/authority.js'
import { optionError } from '../options.js'
import type { Pool } from '../upstream/pool.js'

/** Where a connection goes, and by which entry. */
export interface SniRoute {
  /** The entry: `a.example.com`, `*.example.com` or `default`. */
  readonly name: string
  readonly pool: Pool
}

/**
 * Finds the pool for a host name: the name itself, else the longest `*.` above it (at any depth, as NGINX and Gateway API have it),
 * else `default`.
 */
export class SniRoutes {
  readonly fallback: SniRoute | null
  readonly #exact = new Map<string, SniRoute>()
  readonly #below = new Map<string, SniRoute>()

  /** @throws {@link EdgeError} `ERR_EDGE_OPTION` for an entry that is neither. */
  constructor(routes: Readonly<Record<string, Pool>>, factory: string) {
    this.fallback = Object.hasOwn(routes, 'default') ? { name: 'default', pool: routes['default']! } : null
    for (const [name, pool] of Object.entries(routes)) {
      if (name === 'default') continue
      const wild = name.startsWith('*.')
      const authority = parseAuthority(wild ? name.slice(2) : name)
      if (authority === null || authority.port !== null)
        throw optionError(factory, 'routes', name, "host names, as 'a.example.com' or '*.example.com', and 'default'")
      const table = wild ? this.#below : this.#exact
      if (table.has(authority.host)) throw optionError(factory, 'routes', name, 'each name once')
      table.set(authority.host, { name, pool })
    }
  }

  /** @param serverName Lower case; `null` if the client named none. */
  find(serverName: string | null): SniRoute | null {
    if (serverName === null) return this.fallback
    const exact = this.#exact.get(serverName)
    if (exact !== undefined) return exact
    if (this.#below.size > 0) {
      for (let dot = serverName.indexOf('.'); dot !== -1; dot = serverName.indexOf('.', dot + 1)) {
        const below = this.#below.get(serverName.slice(dot + 1))
        if (below !== undefined) return below
      }
    }
    return this.fallback
  }
}
