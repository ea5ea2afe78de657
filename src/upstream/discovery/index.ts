// Where endpoints come from.

export {
  type Discovery,
  type EndpointList,
  type FollowDiscoveryOptions,
  followDiscovery,
} from '../discovery.js'
export { type ConsulDiscoveryOptions, consulDiscovery } from './consul.js'
export { type DnsDiscoveryOptions, dnsDiscovery } from './dns.js'
export { type FileDiscoveryOptions, fileDiscovery } from './file.js'
export { type KubernetesDiscoveryOptions, kubernetesDiscovery } from './kubernetes.js'
