import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Exchange } from '../exchange.js'
import { optionError } from '../options.js'
import { FACTORY } from './factory.js'
import type { ProxyMiddlewareOptions } from './options.js'
import { type Place, type ProxyTarget, readTarget } from './target.js'

/** Finds where an exchange goes. */
export type Router = (exchange: Exchange, res: ServerResponse | undefined) => Place | Promise<Place>

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`; what a function of the user's says is checked when it does. */
export function compileRouter(options: ProxyMiddlewareOptions): Router {
  const { target, router } = options
  const read = (place: ProxyTarget): Place => readTarget(place, options)
  const usual = target === undefined ? null : read(target)
  const orUsual = (place: Place | undefined): Place => {
    const found = place ?? usual
    if (found === null) throw optionError(FACTORY, 'target', undefined, 'a URL where the router finds none')
    return found
  }
  if (router === undefined) return () => orUsual(undefined)
  if (typeof router === 'function')
    return async (exchange, res) => {
      const place = await router(exchange.raw as IncomingMessage, res, options)
      return orUsual(place === undefined ? undefined : read(place))
    }
  const table = Object.entries(router).map(([key, place]) => [compileKey(key), read(place)] as const)
  return (exchange) => orUsual(table.find(([admits]) => admits(exchange))?.[1])
}

/** `host`, `host/path` or `/path`: hosts as they are written, paths as prefixes. */
function compileKey(key: string): (exchange: Exchange) => boolean {
  const slash = key.indexOf('/')
  const host = slash === -1 ? key : key.slice(0, slash)
  const path = slash === -1 ? '' : key.slice(slash)
  return ({ headers, target }) => (host === '' || headers['host'] === host) && target.href.startsWith(path)
}
