import { grpcProbe } from '../../health/grpc-probe.js'
import { check, optionError } from '../../options.js'
import type { PoolOptions } from '../../pool.js'
import { aimdLimit } from '../../upstream/aimd-limit.js'
import type { ConcurrencyLimit } from '../../upstream/concurrency-limit.js'
import { dnsDiscovery } from '../../upstream/discovery/dns.js'
import { fileDiscovery } from '../../upstream/discovery/file.js'
import type { Discovery } from '../../upstream/discovery.js'
import { gradientLimit } from '../../upstream/gradient-limit.js'
import { makeBalancer } from './balancers.js'
import { chosen, type Data, isData, optionsOf, withRegExps } from './parts.js'

/**
 * The options of `createPool` that are not as they stand in the document; the fallback is left to who knows the other pools.
 *
 * @param resolvePath Makes a path absolute: relative ones begin at the document's folder.
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 */
export function poolOptions(config: Data, resolvePath: (path: string) => string): Partial<PoolOptions> {
  const { discovery, balancer, health, concurrency } = config
  return {
    ...(discovery === undefined ? {} : { discovery: makeDiscovery(discovery, resolvePath) }),
    ...(balancer === undefined ? {} : { balancer: makeBalancer(balancer) }),
    ...(health === undefined ? {} : { health: healthOptions(health) }),
    ...(concurrency === undefined ? {} : { concurrency: makeConcurrency(concurrency) }),
  }
}

function makeDiscovery(config: unknown, resolvePath: (path: string) => string): Discovery {
  const [kind, given] = chosen('createPool', 'discovery', config, ['dns', 'file'])
  if (kind === 'dns') return dnsDiscovery(optionsOf('dnsDiscovery', given) as never)
  const { path, ...options } = optionsOf('fileDiscovery', given)
  const wrong = check.string(path)
  if (wrong !== undefined) throw optionError('fileDiscovery', 'path', path, wrong)
  return fileDiscovery({ ...options, path: resolvePath(path as string) } as never)
}

function healthOptions(config: unknown): PoolOptions['health'] {
  const health = withRegExps(optionsOf('createPool health', config), 'active.headers.*', 'active.body')
  const { active } = health
  if (!isData(active)) return health
  const { probe, ...options } = optionsOf('createPool health.active', active)
  if (probe === undefined || probe === 'http' || probe === 'tcp' || probe === 'tls') return health
  const [, grpc] = chosen('createPool health.active', 'probe', probe, ['grpc'])
  return { ...health, active: { ...options, probe: grpcProbe(optionsOf('grpcProbe', grpc) as never) } }
}

function makeConcurrency(config: unknown): () => ConcurrencyLimit {
  const [kind, given] = chosen('createPool', 'concurrency', config, ['aimd', 'gradient'])
  return kind === 'aimd' ? aimdLimit(optionsOf('aimdLimit', given)) : gradientLimit(optionsOf('gradientLimit', given))
}
