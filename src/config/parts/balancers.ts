import type { Balancer } from '../../balancing/balancer.js'
import {
  firstAvailable,
  leastBytes,
  leastConnections,
  leastTime,
  maglev,
  powerOfTwoChoices,
  random,
  ringHash,
  roundRobin,
  stickyCookie,
} from '../../balancing/index.js'
import { checkOptions } from '../../options.js'
import type { Endpoint } from '../../upstream/endpoint.js'
import type { BalancerConfigs } from '../pool-config.js'
import { chosen, optionsOf } from './parts.js'

type Make = (options: unknown) => Balancer<Endpoint>

const BALANCERS: Readonly<Record<keyof BalancerConfigs, Make>> = {
  firstAvailable: bare(firstAvailable),
  leastBytes: plain(leastBytes),
  leastConnections: bare(leastConnections),
  leastTime: plain(leastTime),
  maglev: plain(maglev),
  powerOfTwoChoices: plain(powerOfTwoChoices),
  random: bare(random),
  ringHash: plain(ringHash),
  roundRobin: bare(roundRobin),
  stickyCookie: (config) => {
    const { fallback, ...options } = optionsOf('stickyCookie', config)
    const other = fallback === undefined ? {} : { fallback: makeBalancer(fallback, 'stickyCookie', 'fallback') }
    return stickyCookie<Endpoint>({ ...options, ...other } as never)
  },
}

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function makeBalancer(config: unknown, factory = 'createPool', option = 'balancer'): Balancer<Endpoint> {
  const [name, options] = chosen(factory, option, config, Object.keys(BALANCERS) as (keyof BalancerConfigs)[])
  return BALANCERS[name](options)
}

function plain(factory: (options: never) => Balancer<Endpoint>): Make {
  return (config) => factory(optionsOf(factory.name, config) as never)
}

function bare(factory: () => Balancer<Endpoint>): Make {
  return (config) => {
    checkOptions(factory.name, optionsOf(factory.name, config), {})
    return factory()
  }
}
