import { compilePattern } from './pattern.js'

/**
 * Tells whether a canonical path is one of those that patterns name.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`, as {@link compilePattern}.
 */
export function compilePaths(sources: readonly string[]): (path: string) => boolean {
  const patterns = sources.map((source) => compilePattern(source, true))
  const exact = new Set(patterns.filter((pattern) => pattern.exact).map(({ source }) => source))
  const globs = patterns.filter((pattern) => !pattern.exact)
  return (path) => exact.has(path) || globs.some((pattern) => pattern.matches(path))
}
