import { asError } from '../../errors.js'
import { type Check, check, checkOptions, optionError } from '../../options.js'
import { type Clock, realClock } from '../clock.js'
import type { Discovery, EndpointList } from '../discovery.js'
import { type EndpointSlice, endpointsOfSlices } from './endpoint-slices.js'
import { type FoundProtocol, placeChecks } from './place.js'
import { type KubernetesWatch, SliceWatch } from './slice-watch.js'
import { sleep, stoppable, unlessStopped } from './stoppable.js'

/** What is asked of the API; `DiscoveryV1Api` of `@kubernetes/client-node` is one. */
export interface KubernetesApi {
  listNamespacedEndpointSlice(request: { namespace: string; labelSelector: string }): Promise<{
    readonly items: readonly EndpointSlice[]
    readonly metadata?: { readonly resourceVersion?: string } | undefined
  }>
}

export interface KubernetesDiscoveryOptions {
  /** `config.makeApiClient(DiscoveryV1Api)` of `@kubernetes/client-node`. */
  readonly api: KubernetesApi
  /** `new Watch(config)` of `@kubernetes/client-node`. */
  readonly watch: KubernetesWatch
  /** Where the service is. */
  readonly namespace: string
  /** Its name; what is followed are its EndpointSlices. */
  readonly service: string
  /** Of the pods, by name or number. @default the only one */
  readonly port?: string | number | undefined
  /** What the pods speak. @default 'http' */
  readonly protocol?: FoundProtocol | undefined
  /** For Host (`changeOrigin`) and TLS. @default `service.namespace.svc` */
  readonly host?: string | undefined
  /** Which addresses of a service that has both. @default IPv4 if there is any, else IPv6 */
  readonly addressType?: 'IPv4' | 'IPv6' | undefined
  /** Timers between two watches. @default real time */
  readonly clock?: Clock | undefined
}

/** A label of RFC 1123, as Kubernetes names are: also keeps a name from leading elsewhere in the API's path. */
const name: Check = (value) =>
  typeof value === 'string' && /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/.test(value) ? undefined : 'a name of Kubernetes'

/** Between two watches, so that an API that closes each at once is not asked without pause. */
const PAUSE_MS = 250

/**
 * Endpoints of a Kubernetes Service, from its EndpointSlices: a list, then a watch from there on that is taken up again when it
 * breaks, and a new list when the API has forgotten where that was (410 Gone). Who follows must be allowed to `list` and `watch`
 * `endpointslices` of `discovery.k8s.io`.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const config = new KubeConfig()
 * config.loadFromDefault()
 * const discovery = kubernetesDiscovery({
 *   api: config.makeApiClient(DiscoveryV1Api),
 *   watch: new Watch(config),
 *   namespace: 'shop',
 *   service: 'users',
 *   port: 'http',
 * })
 * ```
 */
export function kubernetesDiscovery(options: KubernetesDiscoveryOptions): Discovery {
  checkOptions('kubernetesDiscovery', options, {
    api: check.object,
    watch: check.object,
    namespace: name,
    service: name,
    port: check.either(check.whole(1, 65_535), (value) => (typeof value === 'string' ? undefined : "a port's name")),
    ...placeChecks,
    addressType: check.oneOf('IPv4', 'IPv6'),
    clock: check.object,
  })
  for (const needed of ['api', 'watch', 'namespace', 'service'] as const)
    if (options[needed] === undefined) throw optionError('kubernetesDiscovery', needed, undefined, 'a value')
  const { api, watch, namespace, service, port, protocol = 'http', addressType, clock = realClock } = options
  const wishes = { port, protocol, addressType, host: options.host ?? `${service}.${namespace}.svc` }
  const labelSelector = `kubernetes.io/service-name=${service}`
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`

  return stoppable(async function* lists(signal) {
    const slices = new Map<string, EndpointSlice>()
    let last: string | undefined
    function* news(): Generator<EndpointList | Error> {
      const told = judged([...slices.values()], wishes)
      const now = told instanceof Error ? told.message : JSON.stringify(told)
      if (now !== last) yield told
      last = now
    }

    for (;;) {
      const listed = await unlessStopped(api.listNamespacedEndpointSlice({ namespace, labelSelector }), signal)
      slices.clear()
      for (const slice of listed.items) slices.set(slice.metadata?.name ?? '', slice)
      yield* news()
      let version: string | undefined = listed.metadata?.resourceVersion ?? ''
      while (version !== undefined) {
        const query = { labelSelector, resourceVersion: version, allowWatchBookmarks: true }
        const watching = new SliceWatch(slices, version)
        void watching.start((each, done) => watch.watch(path, query, each, done))
        try {
          while (await watching.changed(signal)) yield* news()
        } finally {
          watching.close()
        }
        version = watching.version
        await sleep(PAUSE_MS, signal, clock)
      }
    }
  })
}

function judged(
  slices: readonly EndpointSlice[],
  wishes: Parameters<typeof endpointsOfSlices>[1],
): EndpointList | Error {
  try {
    return endpointsOfSlices(slices, wishes)
  } catch (error) {
    return asError(error)
  }
}
