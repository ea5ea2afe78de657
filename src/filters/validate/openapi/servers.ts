import { isObject, type PlainObject } from '../plain-object.js'
import { documentError } from './document.js'

/** The paths that servers' URLs end in: what stands in front of an operation's path. Where no server is named it is nothing. */
export function basesOf(servers: readonly PlainObject[]): readonly string[] {
  const bases = servers.map(({ url, variables }) => {
    const filled = String(url).replace(/\{([^{}]+)\}/g, (_, name: string) => defaultOf(variables, name))
    // A URL may be relative to where the document is, which is not known: to the root, then.
    const parsed = URL.parse(filled, 'http://openapi.invalid/')
    if (parsed === null) throw documentError('servers', `the URL ${filled}`)
    return trimSlashes(parsed.pathname)
  })
  return bases.length === 0 ? [''] : [...new Set(bases)]
}

/** A base as it stands in front of a path: without the slash behind it. */
export function trimSlashes(path: string): string {
  return path.replace(/\/{1,64}$/, '')
}

function defaultOf(variables: unknown, name: string): string {
  const variable = isObject(variables) && Object.hasOwn(variables, name) ? variables[name] : undefined
  const value = isObject(variable) ? variable['default'] : undefined
  if (typeof value !== 'string') throw documentError('servers', `the variable ${name} without a default`)
  return value
}
