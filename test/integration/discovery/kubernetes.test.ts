import { DiscoveryV1Api, KubeConfig, Watch } from '@kubernetes/client-node'
import { type KubernetesDiscoveryOptions, kubernetesDiscovery } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../support/index.js'
import { follow } from './follow.js'
import { type KubernetesApiServer, kubernetesApi } from './kubernetes-api.js'

const HTTP = { name: 'http', port: 8080, protocol: 'TCP' }
const pod = (address: string, conditions: object = { ready: true }, zone?: string) => ({
  addresses: [address],
  conditions,
  zone,
})

/** The real client, at the server of the test. */
function discovery(api: KubernetesApiServer, options: Partial<KubernetesDiscoveryOptions> = {}) {
  const config = new KubeConfig()
  config.loadFromClusterAndUser({ name: 'test', server: api.url, skipTLSVerify: true }, { name: 'test' })
  return kubernetesDiscovery({
    api: config.makeApiClient(DiscoveryV1Api),
    watch: new Watch(config),
    namespace: 'shop',
    service: 'users',
    port: 'http',
    ...options,
  })
}

const kinds = (api: KubernetesApiServer) => api.requests.map(({ kind }) => kind).join(' ')

describe('Kubernetes as a source of endpoints, by its own client over HTTP', () => {
  it('lists the slices of a Service, merged, and watches from there', async () => {
    await using api = await kubernetesApi()
    api.put('users-a', {
      ports: [HTTP],
      endpoints: [pod('10.0.0.2', {}, 'eu-1b'), pod('10.0.0.1', { ready: true }, 'eu-1a')],
    })
    api.put('users-b', {
      ports: [HTTP],
      endpoints: [pod('10.0.0.3'), pod('10.0.0.1'), pod('10.0.0.9', { ready: false })],
    })
    api.put('other-a', { ports: [HTTP], endpoints: [pod('10.0.0.7')] }, 'other')
    using seen = follow(discovery(api))
    await seen.has('http://10.0.0.1:8080', 'http://10.0.0.2:8080', 'http://10.0.0.3:8080')
    expect(seen.lists[0]![0]).toEqual({ url: 'http://10.0.0.1:8080', host: 'users.shop.svc', zone: 'eu-1a' })
    await eventually(() => api.watches === 1)
    expect(api.requests[1]!.query).toMatchObject({
      resourceVersion: '103',
      labelSelector: 'kubernetes.io/service-name=users',
      allowWatchBookmarks: 'true',
    })
    api.put('users-b', { ports: [HTTP], endpoints: [pod('10.0.0.4')] })
    await seen.has('http://10.0.0.1:8080', 'http://10.0.0.2:8080', 'http://10.0.0.4:8080')
    api.put('users-c', { ports: [HTTP], endpoints: [pod('10.0.0.5')] })
    await seen.has('http://10.0.0.1:8080', 'http://10.0.0.2:8080', 'http://10.0.0.4:8080', 'http://10.0.0.5:8080')
    api.drop('users-a')
    await seen.has('http://10.0.0.4:8080', 'http://10.0.0.5:8080')
    api.put('users-b', { ports: null, endpoints: null })
    api.put('users-c', { ports: [HTTP], endpoints: [] })
    await seen.has()
    expect(kinds(api)).toBe('list watch')
    expect(seen.failures).toEqual([])
  })

  it.each([
    ['breaks off in the middle of a line', (api: KubernetesApiServer) => api.cut()],
    ['is ended by the API', (api: KubernetesApiServer) => api.end()],
  ])('takes a watch up again where it was when it %s, and misses nothing', async (_what, interrupt) => {
    await using api = await kubernetesApi()
    api.put('users-a', { ports: [HTTP], endpoints: [pod('10.0.0.1')] })
    using seen = follow(discovery(api))
    await eventually(() => api.watches === 1)
    api.bookmark()
    api.put('users-a', { ports: [HTTP], endpoints: [pod('10.0.0.2')] })
    await seen.has('http://10.0.0.2:8080')
    api.bookmark()
    // So that the bookmark has been read: the version of a slice comes after it.
    api.put('users-b', { ports: [HTTP], endpoints: [] })
    interrupt(api)
    await eventually(() => api.watches === 0)
    api.drop('users-a')
    await seen.has()
    expect(kinds(api)).toBe('list watch watch')
    expect(Number(api.requests[2]!.query['resourceVersion'])).toBeGreaterThanOrEqual(api.version - 2)
    expect(seen.failures).toEqual([])
  })

  it('goes on from a BOOKMARK when nothing else has come', async () => {
    await using api = await kubernetesApi()
    using seen = follow(discovery(api))
    await seen.has()
    await eventually(() => api.watches === 1)
    api.bookmark()
    api.end()
    await eventually(() => kinds(api) === 'list watch watch')
    expect(api.requests[2]!.query['resourceVersion']).toBe('110')
  })

  it('lists anew when the API says 410 Gone in an ERROR event', async () => {
    await using api = await kubernetesApi()
    api.put('users-a', { ports: [HTTP], endpoints: [pod('10.0.0.1')] })
    using seen = follow(discovery(api))
    await eventually(() => api.watches === 1)
    api.expire()
    await eventually(() => api.watches === 0)
    api.put('users-a', { ports: [HTTP], endpoints: [pod('10.0.0.2')] })
    await seen.has('http://10.0.0.2:8080')
    expect(kinds(api)).toMatch(/^list watch list( watch)?$/)
    // Nothing is wrong: it is what happens to who was away for long.
    expect(seen.failures).toEqual([])
  })

  it('lists anew when the API answers a watch with status 410', async () => {
    await using api = await kubernetesApi()
    api.put('users-a', { ports: [HTTP], endpoints: [pod('10.0.0.1')] })
    api.refuse('watch', 410)
    using seen = follow(discovery(api))
    await eventually(() => kinds(api).startsWith('list watch list watch'))
    api.refuse('watch', 0)
    await eventually(() => api.watches === 1)
    expect(seen.lists).toHaveLength(1)
    expect(seen.failures).toEqual([])
  })

  it('keeps the last list, and reports, while the API refuses, and after an ERROR of another kind', async () => {
    await using api = await kubernetesApi()
    api.refuse('list', 403)
    using seen = follow(discovery(api))
    await seen.fails(/403/, 2)
    api.put('users-a', { ports: [HTTP], endpoints: [pod('10.0.0.1')] })
    api.refuse('watch', 500)
    api.refuse('list', 0)
    await seen.has('http://10.0.0.1:8080')
    await seen.fails(/Internal Server Error/, 2)
    api.refuse('watch', 0)
    await eventually(() => api.watches === 1)
    api.error(500, 'etcd is away')
    await seen.fails(/etcd is away/)
    expect(seen.lists.every((list) => list.length === 1)).toBe(true)
    await eventually(() => api.watches === 1)
  })

  it('reports an API that is not there', async () => {
    const api = await kubernetesApi()
    const source = discovery(api)
    await api[Symbol.asyncDispose]()
    using seen = follow(source)
    await seen.fails(/fetch failed|ECONNREFUSED|connect/i, 2)
  })

  it('reports a port that no endpoint has, keeps the last list, and recovers', async () => {
    await using api = await kubernetesApi()
    api.put('users-a', { ports: [HTTP], endpoints: [pod('10.0.0.1')] })
    using seen = follow(discovery(api))
    await seen.has('http://10.0.0.1:8080')
    api.put('users-a', { ports: [{ ...HTTP, name: 'web' }], endpoints: [pod('10.0.0.1')] })
    await seen.fails(/no TCP port "http"/)
    api.put('users-a', { ports: [{ ...HTTP, port: 9090 }], endpoints: [pod('10.0.0.1')] })
    await seen.has('http://10.0.0.1:9090')
    expect(seen.lists).toHaveLength(2)
  })

  it('closes its watch when stopped', async () => {
    await using api = await kubernetesApi()
    const seen = follow(discovery(api))
    await eventually(() => api.watches === 1)
    seen[Symbol.dispose]()
    await eventually(() => api.watches === 0)
    expect(seen.failures).toEqual([])
    expect(kinds(api)).toBe('list watch')
  })
})
