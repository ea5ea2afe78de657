import type { EventHub } from '../events.js'
import type { Handler } from '../filter.js'
import { check, checkOptions, optionError } from '../options.js'
import type { Plugin } from '../plugins.js'
import type { Pool } from '../upstream/pool.js'

/** What code gives to a document: things by name, and where values come from. */
export interface ConfigContext {
  /** Filters of your own, which the document names as it does the library's. @default none */
  readonly plugins?: readonly Plugin<never>[] | undefined
  /** Makes handlers of your own: `handler: NAME` in the document. They are closed when it does not name them any more. @default none */
  readonly handlers?: Readonly<Record<string, () => Handler>> | undefined
  /** Pools of your own, which the document names as it does its own. They are not closed with the gateway. @default none */
  readonly pools?: readonly Pool[] | undefined
  /** Stores of counts, entries and replays, as of `edgewise/redis`: `store: NAME`. They are not closed with the gateway. @default none */
  readonly stores?: Readonly<Record<string, object>> | undefined
  /** What `${NAME}` stands for. @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** The names that the document may ask for: `PORT`, or `EDGE_*` for all that begin so. @default any */
  readonly envNames?: readonly string[] | undefined
  /** Folder where relative paths begin, those of `${file:PATH}` too. @default of a file its own; else the working directory */
  readonly base?: string | undefined
  /** Whether `${file:PATH}` may read files: no for documents that others write. @default true */
  readonly files?: boolean | undefined
  /** Where all that the document makes publishes to. @default the shared `events` */
  readonly events?: EventHub | undefined
}

const CHECKS = {
  plugins: check.array,
  handlers: check.object,
  pools: check.array,
  stores: check.object,
  env: check.object,
  envNames: check.strings,
  base: check.string,
  files: check.boolean,
  events: check.object,
}

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function checkContext(factory: string, context: object, more: Parameters<typeof checkOptions>[2] = {}): void {
  checkOptions(factory, context, { ...CHECKS, ...more })
  const { handlers = {}, pools = [] } = context as ConfigContext
  for (const [name, handler] of Object.entries(handlers))
    if (typeof handler !== 'function')
      throw optionError(factory, `handlers.${name}`, handler, 'a function that makes a handler')
  const names = new Set<string>()
  for (const pool of pools) {
    if (typeof pool?.acquire !== 'function') throw optionError(factory, 'pools', pool, 'pools, as createPool() makes')
    if (names.has(pool.name)) throw optionError(factory, 'pools', pool.name, 'pools of different names')
    names.add(pool.name)
  }
}
