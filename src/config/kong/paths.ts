/** A path of a route as a glob, and the prefix that `strip_path` takes off. */
export interface KongPath {
  readonly glob: string
  /** `null` where what is matched is no fixed text. */
  readonly prefix: string | null
  /** How the glob differs from what Kong matches; `null` for not at all. It never matches more. */
  readonly differs: string | null
}

/** What a segment of a regular expression may be: a plain text, or any segment, perhaps captured. */
const SEGMENT = /^(?:(?<text>(?:[\w~%-]|\\[.~-])+)|\((?:\?<(?<name>[A-Za-z_]\w*)>)?\[\^\/\][+]\)|\[\^\/\][+])$/
const ANYTHING = /\/?(?:\.\*|\(\.\*\))$/
/** What means something in a glob of ours. */
const SPECIAL = /[*?[\]{}()!+@:|\\]/

/** Reads one of a route's `paths`; `null` for what no glob can say. */
export function readPath(path: string): KongPath | null {
  return path.startsWith('~') ? fromRegex(path.slice(1)) : fromPrefix(path)
}

/** A prefix: of any length in Kong, of whole segments here. */
function fromPrefix(path: string): KongPath | null {
  if (SPECIAL.test(path) || !path.startsWith('/')) return null
  const prefix = path.replace(/\/+$/, '')
  if (prefix === '') return { glob: '/**', prefix, differs: null }
  // With a slash at its end it does not match the prefix alone in Kong; here it does, and the same filters stand in front.
  return { glob: `${prefix}/**`, prefix, differs: `a prefix ends with a segment: ${prefix}x does not match` }
}

/** The expressions that gateways are full of: `/users/(?<id>[^/]+)$`, `/v1/.*`. */
function fromRegex(source: string): KongPath | null {
  const ended = source.endsWith('$')
  const text = source.replace(/^\^/, '').replace(/\$$/, '')
  const anything = ANYTHING.test(text)
  const segments = text.replace(ANYTHING, '').split(/(?<!\^)\//)
  if (segments.shift() !== '') return null
  if (segments.at(-1) === '') segments.pop()
  const globs = segments.map((segment) => {
    const groups = SEGMENT.exec(segment)?.groups
    if (groups === undefined) return null
    if (groups['text'] !== undefined) return groups['text'].replaceAll('\\', '')
    return groups['name'] === undefined ? '*' : `:${groups['name']}`
  })
  if (globs.includes(null)) return null
  const glob = `/${globs.join('/')}`
  if (ended && !anything) return { glob, prefix: null, differs: null }
  return {
    glob: glob === '/' ? '/**' : `${glob}/**`,
    prefix: null,
    differs: anything ? null : 'without $ it matches whole segments only',
  }
}
