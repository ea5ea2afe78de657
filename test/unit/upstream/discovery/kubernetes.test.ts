import { kubernetesDiscovery } from 'edgewise'
import { describe, expect, it } from 'vitest'

const good = { api: {}, watch: {}, namespace: 'shop', service: 'users' }

describe('kubernetesDiscovery', () => {
  it.each([
    [{ ...good, api: undefined }, /"api" is undefined/],
    [{ ...good, watch: undefined }, /"watch" is undefined/],
    [{ ...good, namespace: '../../api/v1/secrets' }, /allowed: a name of Kubernetes/],
    [{ ...good, service: 'users,app=x' }, /allowed: a name of Kubernetes/],
    [{ ...good, service: 'x'.repeat(64) }, /allowed: a name of Kubernetes/],
    [{ ...good, port: 0 }, /"port" is 0/],
    [{ ...good, addressType: 'FQDN' }, /"addressType"/],
  ])('refuses %j', (options, message) => {
    expect(() => kubernetesDiscovery(options as never)).toThrow(message)
  })
})
