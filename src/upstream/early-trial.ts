import type { Endpoint } from './endpoint.js'
import type { Levels } from './levels.js'
import type { Pool } from './pool.js'

/**
 * Whose ejection might end before its time: where every endpoint that is left failed real traffic lately, but none is known to be down, it
 * is better to try one than to give up. The one that has been out longest; `null` where another is available, or the fallback has one.
 *
 * @param upgrade Whether the request wants to become a tunnel.
 */
export function longestOut(
  levels: Levels,
  exclude: ReadonlySet<Endpoint> | undefined,
  upgrade: boolean,
  fallback: Pool | null,
): Endpoint | null {
  let longest: Endpoint | null = null
  for (const { endpoints } of levels.all) {
    for (const endpoint of endpoints) {
      if (endpoint.weight === 0 || exclude?.has(endpoint) === true) continue
      if (endpoint.available && !endpoint.onTrial) return null
      if (!endpoint.ejected || !endpoint.healthy || endpoint.mode !== 'ready') continue
      // A trial that led to the ejection by others' failures may still be under way.
      if (endpoint.full || endpoint.trials > 0 || (upgrade && endpoint.fullOfTunnels)) continue
      if (longest === null || endpoint.since < longest.since) longest = endpoint
    }
  }
  return longest === null || fallback?.hasOther(exclude ?? null) === true ? null : longest
}
