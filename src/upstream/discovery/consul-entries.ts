import type { EndpointOptions } from '../endpoint.js'
import { type FoundProtocol, orderly, urlOf } from './place.js'

/** One entry of `/v1/health/service/…`, as far as it is looked at. */
interface ConsulEntry {
  readonly Node: { readonly Address: string; readonly Locality?: Locality }
  readonly Service: {
    readonly Address?: string
    readonly Port: number
    readonly Weights?: { readonly Passing?: number; readonly Warning?: number }
    readonly Locality?: Locality
  }
  readonly Checks?: readonly { readonly Status: string }[]
}

type Locality = { readonly Zone?: string } | null

/**
 * Endpoints of a health query's answer. A service without an address of its own is at its node's. One that warns has its weight
 * for that, and a critical one is left out, as Consul's own DNS does it.
 *
 * @throws Error when the answer is no list.
 */
export function endpointsOfConsul(
  answer: unknown,
  { protocol, host }: { readonly protocol: FoundProtocol; readonly host: string | undefined },
): EndpointOptions[] {
  if (!Array.isArray(answer)) throw new Error('Consul answered with something that is no list of services')
  const found = (answer as readonly ConsulEntry[])
    .map((entry) => ({ ...entry, status: worst(entry) }))
    .filter(({ status }) => status !== 'critical')
    .map(({ Node, Service, status }): EndpointOptions => {
      const weights = Service.Weights
      return {
        url: urlOf(protocol, Service.Address || Node.Address, Service.Port),
        weight: Math.min(65_535, (status === 'warning' ? weights?.Warning : weights?.Passing) ?? 1),
        host,
        zone: Service.Locality?.Zone || Node.Locality?.Zone || undefined,
      }
    })
  return orderly(found)
}

/** Of a service's and its node's checks the worst counts. Maintenance is a critical check. */
function worst({ Checks = [] }: ConsulEntry): 'passing' | 'warning' | 'critical' {
  const all = new Set(Checks.map(({ Status }) => Status))
  return all.has('critical') ? 'critical' : all.has('warning') ? 'warning' : 'passing'
}
