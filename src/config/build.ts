import { resolve } from 'node:path'
import type { EventHub } from '../events.js'
import { events as sharedEvents } from '../events.js'
import type { GatewayOptions } from '../gateway-options.js'
import type { Pool } from '../upstream/pool.js'
import { Builder, type Names } from './builder.js'
import type { ConfigContext } from './context.js'
import type { ReadDocument } from './document/read-document.js'
import type { Sources } from './document/substitute.js'
import { FilterMaker } from './filter-maker.js'
import { isData } from './parts/parts.js'
import { type MadePools, makePools } from './parts/pools.js'
import type { Stock } from './stock.js'

/** What documents are built with, as code gave it. */
export interface Workshop {
  readonly names: Names
  readonly filters: FilterMaker
  readonly sources: Sources
  readonly events: EventHub
  resolvePath(path: string): string
}

/** All that a document makes. */
export interface Build {
  readonly options: GatewayOptions
  readonly pools: MadePools
  readonly byName: ReadonlyMap<string, Pool>
  readonly stock: Stock
  /** Closes the filters and handlers that it made, where they will not be in force. */
  discard(): Promise<void>
}

/**
 * @param base Folder where relative paths begin, unless the context has one.
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 */
export function openWorkshop(context: ConfigContext, base: string): Workshop {
  const folder = resolve(context.base ?? base)
  const { handlers = {}, pools = [], stores = {}, env = process.env, envNames = null, files = true } = context
  return {
    names: {
      handlers: new Map(Object.entries(handlers)),
      pools: new Map(pools.map((pool) => [pool.name, pool])),
      stores: new Map(Object.entries(stores)),
    },
    filters: new FilterMaker(context.plugins ?? []),
    sources: { env, envNames, base: files ? folder : null },
    events: context.events ?? sharedEvents,
    resolvePath: (path) => resolve(folder, path),
  }
}

/**
 * Builds all of a document, or nothing.
 *
 * @param before Of the document in force: what did not change is taken over.
 * @throws {@link ConfigError}.
 */
export async function build(
  { data, problems }: ReadDocument,
  workshop: Workshop,
  before: Build | null,
): Promise<Build> {
  const { names, filters, events, resolvePath } = workshop
  if (!isData(data)) problems.add([], 'an object with routes')
  const document = isData(data) ? data : {}
  const { pools: configs } = document
  const known = before?.pools.made ?? new Map()
  const pools = makePools(configs, { given: names.pools, before: known, events, problems, resolvePath })
  const builder = new Builder({ names, filters, pools, before: before?.stock ?? null, events, problems })
  const options = isData(data) ? builder.build(document) : null
  if (options === null || problems.any) {
    await builder.discard()
    await Promise.allSettled(pools.fresh.map((pool) => pool.close()))
    problems.throwAny()
  }
  const byName = new Map([...pools.made].map(([name, { pool }]) => [name, pool]))
  return { options: options!, pools, byName, stock: builder.stock, discard: () => builder.discard() }
}
