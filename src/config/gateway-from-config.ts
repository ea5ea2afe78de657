import { optionError } from '../options.js'
import { openWorkshop } from './build.js'
import { type ConfiguredGateway, DocumentGateway } from './configured-gateway.js'
import { type ConfigContext, checkContext } from './context.js'
import { readDocument } from './document/read-document.js'
import type { EdgeConfig } from './edge-config.js'

/**
 * Makes a gateway of a document: plain data, as `JSON.parse` or code makes it. It is copied, so that later changes to it change nothing.
 * Resolves when every filter has started.
 *
 * @throws {@link ConfigError} naming every place that is wrong; {@link EdgeError} `ERR_EDGE_OPTION` for the context; what a filter's
 * `start` rejects with.
 * @example
 * ```ts
 * const edge = await gatewayFromConfig({
 *   pools: { users: { endpoints: ['http://10.0.0.1:3000', 'http://10.0.0.2:3000'], balancer: 'leastConnections' } },
 *   routes: [{ path: '/users/**', filters: [{ rateLimit: { limit: 100 } }], forward: 'users' }],
 * })
 * app.use(toExpress(edge))
 * ```
 */
export async function gatewayFromConfig(config: EdgeConfig, context: ConfigContext = {}): Promise<ConfiguredGateway> {
  checkContext('gatewayFromConfig', context)
  const workshop = openWorkshop(context, '.')
  const { sources, filters } = workshop
  const read = async (object: EdgeConfig | undefined): ReturnType<typeof readDocument> => {
    if (object === undefined)
      throw optionError('reload', 'config', undefined, 'a document: there is no file to read again')
    return readDocument({ file: null, object }, sources, new Map(), (plugin) => filters.schemaOf(plugin))
  }
  // Nothing is no document, rather than the wish to read a file.
  return DocumentGateway.open(workshop, read, config ?? (null as never))
}
