import type { Balanced } from './balancer.js'
import { hash32, mix32 } from './hash.js'
import type { TableLayout } from './hash-table.js'
import { Ring } from './ring.js'

/** Most points of a ring, give or take one for each endpoint: 20 to 24 MiB of tables. */
export const MOST_POINTS: number = 2 ** 21

/** Makes two hashes of one name. */
const SECOND_SEED = 0x9e3779b9

/**
 * A ring on which each endpoint has `points` points for each unit of its weight.
 *
 * An endpoint's points depend on nothing but its name, and a smaller number of them is the beginning of a larger one: whoever comes
 * or goes, the others' stay. Past {@link MOST_POINTS} in all, everybody has a fraction of them, but at least one; then the others'
 * numbers move a little, too, and about twice as many keys.
 */
export function ringLayout(points: number): TableLayout {
  return {
    order: 'by name',
    lay(endpoints) {
      const counts = countPoints(endpoints, points)
      const total = counts.reduce((sum, count) => sum + count, 0)
      const places = new Uint32Array(total)
      const owners = new Uint32Array(total)
      let at = 0
      for (const [owner, { name }] of endpoints.entries()) {
        const start = hash32(name)
        const step = hash32(name, SECOND_SEED) | 1
        for (let point = 0; point < counts[owner]!; point++) {
          places[at] = mix32(start + Math.imul(point, step))
          owners[at++] = owner
        }
      }
      return new Ring(places, owners, hash32)
    },
  }
}

function countPoints(endpoints: readonly Balanced[], points: number): number[] {
  const wanted = endpoints.reduce((sum, { weight }) => sum + weight * points, 0)
  const scale = Math.min(1, MOST_POINTS / wanted)
  return endpoints.map(({ weight }) => Math.max(1, Math.round(weight * points * scale)))
}
