import type { RedisClientLike } from 'edgewise/redis'
import { Cluster, Redis } from 'ioredis'
import { Cluster as ValkeyCluster, Redis as ValkeyRedis } from 'iovalkey'
import { createClient, createCluster } from 'redis'

/** A client as an application makes it, and how that application closes it. */
export interface OpenClient {
  readonly client: RedisClientLike
  close(): void
}

/** The three client packages, each alone and of a cluster; connecting goes on behind. They come back after a loss at once. */
export interface ClientKind {
  readonly name: string
  alone(port: number): OpenClient
  cluster(ports: readonly number[]): OpenClient
}

const host = '127.0.0.1'
const retry = (): number => 20

export const CLIENTS: readonly ClientKind[] = [
  {
    name: 'ioredis',
    alone(port) {
      const client = new Redis({ host, port, retryStrategy: retry })
      return { client, close: () => client.disconnect() }
    },
    cluster(ports) {
      const client = new Cluster(
        ports.map((port) => ({ host, port })),
        { clusterRetryStrategy: retry },
      )
      return { client, close: () => client.disconnect() }
    },
  },
  {
    name: 'redis',
    alone(port) {
      const client = createClient({ socket: { host, port, reconnectStrategy: retry } })
      // Told by an event, too.
      client.connect().catch(() => {})
      return { client, close: () => client.destroy() }
    },
    cluster(ports) {
      const client = createCluster({ rootNodes: ports.map((port) => ({ url: `redis://${host}:${port}` })) })
      client.connect().catch(() => {})
      return { client, close: () => client.destroy() }
    },
  },
  {
    name: 'iovalkey',
    alone(port) {
      const client = new ValkeyRedis({ host, port, retryStrategy: retry })
      return { client, close: () => client.disconnect() }
    },
    cluster(ports) {
      const client = new ValkeyCluster(
        ports.map((port) => ({ host, port })),
        { clusterRetryStrategy: retry },
      )
      return { client, close: () => client.disconnect() }
    },
  },
]
