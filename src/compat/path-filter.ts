import { EdgeError } from '../errors.js'
import { optionError } from '../options.js'
import { compilePaths } from '../routing/path-set.js'
import { FACTORY } from './factory.js'

/** Which paths are proxied. */
export type PathFilter<Req> =
  | string
  | readonly string[]
  | ((pathname: string, req: Req) => boolean | string | RegExpMatchArray | null)

/** Tells whether a request is to be proxied, by its canonical path behind the mount. */
export type Admits<Req> = (path: string, req: Req) => boolean

/**
 * Compiles a filter: plain paths are prefixes, as they are there; globs are held to the rules of routes; `!` excludes.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 */
export function compilePathFilter<Req>(filter: PathFilter<Req> | undefined): Admits<Req> | null {
  if (filter === undefined) return null
  if (typeof filter === 'function') return (path, req) => Boolean(atOnce(filter(path, req)))
  const patterns = typeof filter === 'string' ? [filter] : filter
  if (
    !Array.isArray(patterns) ||
    patterns.length === 0 ||
    !patterns.every((each) => typeof each === 'string' && each !== '')
  )
    throw optionError(FACTORY, 'pathFilter', filter, 'a path, a glob, an array of either, or a function (path, req)')
  const globs = patterns.filter((pattern) => /[*?[\]{}()!]/.test(pattern))
  if (globs.length === 0) return (path) => patterns.some((prefix) => path.startsWith(prefix))
  if (globs.length < patterns.length)
    throw optionError(FACTORY, 'pathFilter', filter, 'either plain paths, as /api, or globs, as /api/**: not both')
  const out = globs.filter((glob) => glob.startsWith('!')).map((glob) => glob.slice(1))
  const within = globs.filter((glob) => !glob.startsWith('!'))
  const excludes = compilePaths(out.map(rooted), FACTORY, 'pathFilter')
  const includes = compilePaths((within.length === 0 ? ['**'] : within).map(rooted), FACTORY, 'pathFilter')
  return (path) => includes(path) && !excludes(path)
}

function rooted(glob: string): string {
  return glob.startsWith('/') ? glob : `/${glob}`
}

/** A promise would always be true; what it rejects with must not end the process (H-096). */
function atOnce<T>(answer: T): T {
  if (!(answer instanceof Promise)) return answer
  answer.catch(() => {})
  throw new EdgeError('ERR_EDGE_BAD_VALUE', 'pathFilter must answer at once, not with a promise')
}
