import { EdgeError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import { rewriteTarget } from '../http/target.js'
import { compileTemplate, type Params, type Template } from '../http/template.js'
import { optionError } from '../options.js'

/** Makes a path, perhaps with a query, out of an exchange: canonical already. */
export type PathTemplate = (exchange: Exchange, params: Params) => string

/**
 * Compiles the template of a path, as `/posts/{params.id}?by={query.author}`: values are encoded for the place they stand in.
 *
 * What a client's values make of it is held to the same rules as its target: where they leave no canonical path (a dot segment,
 * say), the request is refused (H-153).
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`; for a request that can't be sent on, `ERR_EDGE_BAD_TARGET` (400).
 */
export function compilePathTemplate(
  factory: string,
  option: string,
  text: string,
  captures?: ReadonlySet<string>,
): PathTemplate {
  if (typeof text !== 'string' || !/^(?:\/|\{base\}|\{path\})/.test(text))
    throw optionError(factory, option, text, 'a path, which starts with / or {path}')
  const mark = text.indexOf('?')
  const path = compileTemplate(factory, option, mark === -1 ? text : text.slice(0, mark), 'path', captures)
  const query = mark === -1 ? '' : compileTemplate(factory, option, text.slice(mark + 1), 'query', captures)
  for (const part of [path, query]) if (typeof part === 'string') checkLiteral(factory, option, text, part)
  return (exchange, params) => {
    const search = fill(query, exchange, params)
    try {
      return rewriteTarget(`${fill(path, exchange, params)}${search === '' ? '' : `?${search}`}`, LONGEST).href
    } catch (cause) {
      throw new EdgeError('ERR_EDGE_BAD_TARGET', 'what a template makes of this request is no path', { cause })
    }
  }
}

const LONGEST = { maxPathLength: 16_384 }

function fill(part: Template | string, exchange: Exchange, params: Params): string {
  return typeof part === 'string' ? part : part(exchange, params)
}

function checkLiteral(factory: string, option: string, text: string, part: string): void {
  try {
    rewriteTarget(`/${part}`, LONGEST)
  } catch {
    throw optionError(factory, option, text, 'a path without dot segments, spaces, # or malformed escapes')
  }
}
