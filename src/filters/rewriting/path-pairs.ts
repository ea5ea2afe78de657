import type { PathPair } from '../../http/reverse-reference.js'
import { readPath } from '../../routing/rewrite.js'

/** Reads `{ '/upstream': '/client' }`, longest upstream path first. @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function readPathPairs(factory: string, option: string, paths: Readonly<Record<string, string>>): PathPair[] {
  return Object.entries(paths)
    .map(([from, to]) => [readPath(factory, option, from), readPath(factory, option, to)] as const)
    .toSorted(([a], [b]) => b.length - a.length)
}
