import { type CacheOptions, cache, http1 } from 'edgewise'
import { type Front, gatewayOver } from '../front.js'

/** A gateway with a cache in front of a raw upstream. */
export function cachedSink(url: string, options: CacheOptions = {}): Promise<Front> {
  return gatewayOver(http1(), [url], { gateway: { filters: [cache(options)] } })
}
