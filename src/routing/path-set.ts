import { compilePattern } from './pattern.js'

/**
 * Tells whether a canonical path is one of those that patterns name.
 *
 * @param factory Who is named, with its option, in an error.
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`, as {@link compilePattern}.
 */
export function compilePaths(
  sources: readonly string[],
  factory: string,
  option: string,
  caseSensitive = true,
): (path: string) => boolean {
  const fold = (text: string): string => (caseSensitive ? text : text.toLowerCase())
  const patterns = sources.map((source) => compilePattern(source, caseSensitive, factory, option))
  const exact = new Set(patterns.filter((pattern) => pattern.exact).map(({ source }) => fold(source)))
  const globs = patterns.filter((pattern) => !pattern.exact)
  return (path) => exact.has(fold(path)) || globs.some((pattern) => pattern.matches(path))
}
