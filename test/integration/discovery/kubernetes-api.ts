import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Slice {
  readonly addressType?: string
  readonly endpoints: readonly object[] | null
  readonly ports?: readonly object[] | null
}

/** A request as the API saw it. */
export interface ApiRequest {
  readonly kind: 'list' | 'watch'
  readonly query: Readonly<Record<string, string>>
}

export interface KubernetesApiServer extends AsyncDisposable {
  readonly url: string
  readonly requests: readonly ApiRequest[]
  /** Watches that are open. */
  readonly watches: number
  readonly version: number
  put(name: string, slice: Slice, service?: string): void
  drop(name: string): void
  /** Tells every watch how far it is, by a BOOKMARK. */
  bookmark(): void
  /** Forgets what happened before now, and tells every watch 410 Gone. */
  expire(): void
  /** Sends every watch half a line, and breaks its connection. */
  cut(): void
  /** Ends every watch in order, as the API does after a while. */
  end(): void
  /** Ends every watch with an ERROR event. */
  error(code: number, message: string): void
  /** Answers requests of a kind with this status, until 0. */
  refuse(kind: 'list' | 'watch', status: number): void
}

interface Stored {
  readonly metadata: {
    readonly name: string
    readonly resourceVersion: string
    readonly labels: Readonly<Record<string, string>>
  }
}

const PATH = '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices'

/** An API server that speaks list and watch for EndpointSlices: JSON lines in chunks, resource versions, BOOKMARK, 410. */
export async function kubernetesApi(): Promise<KubernetesApiServer> {
  const slices = new Map<string, Stored>()
  const history: { readonly type: string; readonly object: Stored; readonly version: number }[] = []
  const watches = new Map<ServerResponse, string>()
  const requests: ApiRequest[] = []
  const refusals = { list: 0, watch: 0 }
  let version = 100
  let oldest = 100

  const line = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`
  const gone = (): string =>
    line('ERROR', {
      kind: 'Status',
      status: 'Failure',
      reason: 'Expired',
      code: 410,
      message: 'too old resource version',
    })
  const selected = (object: Stored, selector: string): boolean => {
    const [label = '', value] = selector.split('=')
    return object.metadata.labels[label] === value
  }
  function happened(type: string, object: Stored): void {
    history.push({ type, object, version })
    for (const [watch, selector] of watches) if (selected(object, selector)) watch.write(line(type, object))
  }
  function endAll(last: string): void {
    for (const watch of watches.keys()) watch.end(last)
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', 'http://api')
    const query = Object.fromEntries(url.searchParams)
    const kind = query['watch'] === 'true' ? 'watch' : 'list'
    requests.push({ kind, query })
    if (url.pathname !== PATH) return void response.writeHead(404).end()
    if (refusals[kind] !== 0) return void response.writeHead(refusals[kind]).end('{"kind":"Status"}')
    response.setHeader('content-type', 'application/json')
    const selector = query['labelSelector'] ?? ''
    if (kind === 'list') {
      const items = [...slices.values()].filter((each) => selected(each, selector))
      const metadata = { resourceVersion: String(version) }
      return void response.end(
        JSON.stringify({ kind: 'EndpointSliceList', apiVersion: 'discovery.k8s.io/v1', metadata, items }),
      )
    }
    response.flushHeaders()
    const from = Number(query['resourceVersion'])
    if (from < oldest) return void response.end(gone())
    for (const each of history)
      if (each.version > from && selected(each.object, selector)) response.write(line(each.type, each.object))
    watches.set(response, selector)
    response.on('close', () => watches.delete(response))
  }

  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get watches() {
      return watches.size
    },
    get version() {
      return version
    },
    put(name, { addressType = 'IPv4', ...slice }, service = 'users') {
      const labels = { 'kubernetes.io/service-name': service }
      const metadata = { name, namespace: 'shop', labels, resourceVersion: String(++version) }
      const object = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, addressType, ...slice }
      const type = slices.has(name) ? 'MODIFIED' : 'ADDED'
      slices.set(name, object)
      happened(type, object)
    },
    drop(name) {
      const object = slices.get(name)!
      slices.delete(name)
      happened('DELETED', { ...object, metadata: { ...object.metadata, resourceVersion: String(++version) } })
    },
    bookmark() {
      version += 10
      for (const watch of watches.keys())
        watch.write(line('BOOKMARK', { kind: 'EndpointSlice', metadata: { resourceVersion: String(version) } }))
    },
    expire() {
      oldest = ++version
      history.length = 0
      endAll(gone())
    },
    cut() {
      for (const watch of watches.keys()) watch.write('{"type":"MODI', () => watch.destroy())
    },
    end: () => endAll(''),
    error: (code, message) => endAll(line('ERROR', { kind: 'Status', code, message })),
    refuse(kind, status) {
      refusals[kind] = status
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
