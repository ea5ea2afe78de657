import type { Exchange } from '../../exchange.js'
import { parseAuthority } from '../../http/authority.js'
import { compileTemplate, type Template } from '../../http/template.js'
import { optionError } from '../../options.js'
import { joinQueries } from '../../routing/rewrite.js'
import { compilePathTemplate } from '../../routing/url-template.js'
import { aboveBase } from './redirect-reply.js'

/** Makes a Location; `null` where a client's host is asked for that has named none. */
export type Locate = (exchange: Exchange) => string | null

/**
 * Compiles the template of a Location: a path below the base, or a URL, with a fixed fragment or none.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 */
export function compileLocation(factory: string, option: string, text: string, keepQuery: boolean): Locate {
  const mark = text.indexOf('#')
  const fragment = mark === -1 ? '' : text.slice(mark)
  if (/[^!-~]|[{}]/.test(fragment)) throw optionError(factory, option, text, 'a fragment without placeholders')
  const url = mark === -1 ? text : text.slice(0, mark)
  const [front] = /^(?:https?|\{protocol\}):\/\/(?:(?!\{path\}|\{base\})[^/?])*/.exec(url) ?? ['']
  if (front === '' && !/^(?:\/(?![/\\])|\{path\})/.test(url))
    throw optionError(factory, option, text, 'a path below the base, or a URL')
  const origin = front === '' ? null : compileOrigin(factory, option, front)
  const rest = url.slice(front.length)
  const path = compilePathTemplate(factory, option, rest === '' || rest.startsWith('?') ? `/${rest}` : rest)
  const href = (exchange: Exchange): string => {
    const made = path(exchange, exchange.params)
    if (!keepQuery) return made
    const at = made.indexOf('?')
    const own = at === -1 ? '' : made.slice(at)
    return made.slice(0, made.length - own.length) + joinQueries(own, exchange.target.query)
  }
  return (exchange) => {
    if (origin === null) return aboveBase(exchange, href(exchange)) + fragment
    const start = origin(exchange)
    return start === null ? null : start + href(exchange) + fragment
  }
}

function compileOrigin(factory: string, option: string, front: string): Locate {
  const [scheme = '', authority = ''] = front.split('://')
  const [protocol, name] = [scheme, authority].map((part) => {
    const template = compileTemplate(factory, option, part, 'authority')
    return typeof template === 'string' ? () => template : template
  }) as [Template, Template]
  if (!authority.includes('{') && parseAuthority(authority) === null)
    throw optionError(factory, option, front, 'a URL with a valid host')
  return (exchange) => {
    const made = name(exchange, {})
    return parseAuthority(made) === null ? null : `${protocol(exchange, {})}://${made}`
  }
}
