import type { EndpointOptions } from '../endpoint.js'
import { type FoundProtocol, orderly, urlOf } from './place.js'

/** An EndpointSlice of `discovery.k8s.io/v1`, as far as it is looked at. */
export interface EndpointSlice {
  readonly metadata?: { readonly name?: string; readonly resourceVersion?: string } | undefined
  readonly addressType: string
  readonly endpoints?: readonly SliceEndpoint[] | null | undefined
  readonly ports?: readonly SlicePort[] | null | undefined
}

interface SliceEndpoint {
  readonly addresses: readonly string[]
  readonly zone?: string | null | undefined
  readonly conditions?:
    | { readonly ready?: boolean | null; readonly serving?: boolean | null; readonly terminating?: boolean | null }
    | undefined
}

interface SlicePort {
  readonly name?: string | null | undefined
  readonly port?: number | null | undefined
  readonly protocol?: string | null | undefined
}

/** What of the slices is wanted, and how it is spoken to. */
export interface SliceWishes {
  /** Name or number; `undefined` for the only one. */
  readonly port: string | number | undefined
  readonly protocol: FoundProtocol
  readonly host: string
  /** @default IPv4 if there is any, else IPv6: a pod of both must not count twice */
  readonly addressType: 'IPv4' | 'IPv6' | undefined
}

/**
 * Endpoints of a Service's slices: those that are ready, each once whatever the number of slices that have it. When none is
 * ready, those that still serve while they terminate, as kube-proxy has it (KEP-1669).
 *
 * @throws Error when there are endpoints, but none has the port.
 */
export function endpointsOfSlices(slices: readonly EndpointSlice[], wishes: SliceWishes): EndpointOptions[] {
  const inhabited = slices.filter(({ endpoints }) => (endpoints?.length ?? 0) > 0)
  const of = (addressType: string): EndpointSlice[] => inhabited.filter((slice) => slice.addressType === addressType)
  const { addressType } = wishes
  const chosen = addressType !== undefined ? of(addressType) : of('IPv4').length > 0 ? of('IPv4') : of('IPv6')
  const ready: EndpointOptions[] = []
  const leaving: EndpointOptions[] = []
  let withPort = 0
  for (const slice of chosen) {
    const port = portOf(slice, wishes.port)
    if (port === undefined) continue
    withPort++
    for (const endpoint of slice.endpoints!) {
      const { ready: isReady, serving, terminating } = endpoint.conditions ?? {}
      // Of several addresses any one does, and the first is customary; "unknown" counts as ready.
      const address = endpoint.addresses[0]
      if (address === undefined) continue
      const found: EndpointOptions = {
        url: urlOf(wishes.protocol, address, port),
        host: wishes.host,
        zone: endpoint.zone || undefined,
      }
      if (isReady ?? true) ready.push(found)
      else if (serving === true && terminating === true) leaving.push(found)
    }
  }
  if (chosen.length > 0 && withPort === 0)
    throw new Error(
      wishes.port === undefined
        ? 'the Service has not one TCP port: say which'
        : `the Service's endpoints have no TCP port ${JSON.stringify(wishes.port)}`,
    )
  return orderly(ready.length > 0 ? ready : leaving)
}

function portOf({ ports }: EndpointSlice, wanted: string | number | undefined): number | undefined {
  const all = (ports ?? []).filter(({ protocol }) => (protocol ?? 'TCP') === 'TCP')
  if (wanted === undefined) return all.length === 1 ? (all[0]!.port ?? undefined) : undefined
  return all.find(({ name, port }) => wanted === (typeof wanted === 'number' ? port : name))?.port ?? undefined
}
