import { compose, type Filter, type Handler } from '../../filter.js'
import { aggregate, redirect, respond, split, versions } from '../../filters/index.js'
import { forward } from '../../forward.js'
import { httpProxy } from '../../forwarding/http-proxy/transport.js'
import { http1 } from '../../forwarding/http1/transport.js'
import { http2 } from '../../forwarding/http2/transport.js'
import type { Transport } from '../../forwarding/transport.js'
import { undici } from '../../forwarding/undici/transport.js'
import { handOver } from '../../hand-over.js'
import { liveness, readiness } from '../../observing/index.js'
import { check, checkOptions, optionError } from '../../options.js'
import type { Path } from '../document/path.js'
import type { HandlerChoice, ReadinessConfig } from '../handler-config.js'
import { chosen, type Data, isData, made, optionsOf, type Parts } from './parts.js'

type Make = (config: unknown, parts: Parts, path: Path) => Handler

/** The handlers that can be data, by their factories' names. */
export const HANDLERS: Readonly<Record<Exclude<keyof HandlerChoice, 'handler'>, Make>> = {
  forward: (config, parts) => {
    const { pool, transport, ...options } = typeof config === 'string' ? { pool: config } : optionsOf('forward', config)
    if (pool === undefined) throw optionError('forward', 'pool', undefined, 'the name of a pool')
    const carried = transport === undefined ? {} : { transport: makeTransport(transport) }
    return forward({ ...options, ...carried, pool: parts.pool('forward', 'pool', pool) } as never)
  },
  respond: (config) => respond(optionsOf('respond', config) as never),
  redirect: (config) => redirect(optionsOf('redirect', config) as never),
  split: (config, parts, path) => split(withHandlers('split', 'branches', ['weight'], config, parts, path)),
  versions: (config, parts, path) => versions(withHandlers('versions', 'versions', [], config, parts, path)),
  aggregate: (config, parts, path) =>
    aggregate(withHandlers('aggregate', 'parts', ['path', 'fallback', 'timeoutMs'], config, parts, path)),
  liveness: bare(liveness),
  readiness: (config, parts) => {
    const options = optionsOf('readiness', config)
    // Checks and other gateways are for code.
    checkOptions('readiness', options, { pools: check.strings, details: check.boolean })
    const { pools = [], ...others } = options as ReadinessConfig
    return readiness({ ...others, pools: pools.map((name) => parts.pool('readiness', 'pools', name)) })
  },
  handOver: bare(handOver),
}

/** A handler that takes no options. */
function bare(factory: () => Handler): Make {
  return (config) => {
    if (config !== true) throw optionError(factory.name, factory.name, config, 'true')
    return factory()
  }
}

/** What says who answers. */
export const CHOICES: readonly string[] = [...Object.keys(HANDLERS), 'handler']

/** Filters in front of a handler, if there are any. */
export function inFront(filters: readonly Filter[], handler: Handler): Handler {
  return filters.length === 0 ? handler : compose(...filters, handler)
}

/**
 * Options in which each member of one of them has a handler.
 *
 * @param own What a member says besides; without any, the handler itself takes its place.
 */
function withHandlers(
  factory: string,
  option: string,
  own: readonly string[],
  config: unknown,
  parts: Parts,
  path: Path,
): never {
  const options = optionsOf(factory, config)
  const { [option]: members } = options
  if (!isData(members)) throw optionError(factory, option, members, 'an object')
  const names = Object.keys(members)
  const handlers = made(names.map((name) => parts.handler(members[name], [...path, option, name], own)))
  const joined = names.map((name, at) => {
    const said = Object.entries(members[name] as Data).filter(([key]) => own.includes(key))
    return [name, own.length === 0 ? handlers[at] : { ...Object.fromEntries(said), handler: handlers[at] }] as const
  })
  return { ...options, [option]: Object.fromEntries(joined) } as never
}

const TRANSPORTS: Readonly<Record<'http1' | 'undici' | 'http2' | 'httpProxy', (options: never) => Transport>> = {
  http1,
  undici,
  http2,
  httpProxy,
}

function makeTransport(config: unknown): Transport {
  const [name, options] = chosen('forward', 'transport', config, ['http1', 'undici', 'http2', 'httpProxy'])
  return TRANSPORTS[name](optionsOf(name, options) as never)
}
