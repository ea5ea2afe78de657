import { optionError } from '../options.js'

/** What a command is made of. */
export type RedisArgument = string | Buffer
/** What comes back, on every client: bulk strings as bytes; a status may be text or bytes. */
export type RedisReply = Buffer | string | number | null | readonly RedisReply[]

/** `Redis` or `Cluster` of ioredis or iovalkey. */
export interface IoredisLike {
  callBuffer(...command: never[]): Promise<unknown>
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** A client, cluster or client pool of node-redis (`redis`). */
export interface NodeRedisLike {
  sendCommand(...command: never[]): Promise<unknown>
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** A client that the application made and closes. */
export type RedisClientLike = IoredisLike | NodeRedisLike

/** What the parts here know of a client, whoever wrote it. */
export interface RedisNode {
  /** @param key Where in a cluster it goes; `undefined` for anywhere. */
  send(command: readonly RedisArgument[], key: string | undefined): Promise<unknown>
  /** Whether it has a connection now, as far as the client tells. */
  ready(): boolean
  /** Whether keys live on several nodes. */
  readonly cluster: boolean
  /** Every node that has keys of its own. */
  masters(): Promise<readonly RedisNode[]>
}

/** RESP type of a bulk string, by which node-redis is asked for bytes. */
const BYTES = { typeMapping: { 36: Buffer } }

interface Ioredis {
  callBuffer(command: RedisArgument, ...args: readonly RedisArgument[]): Promise<unknown>
  readonly isCluster?: boolean
  readonly status?: string
  readonly options?: { readonly keyPrefix?: string; readonly redisOptions?: { readonly keyPrefix?: string } }
  nodes(role: 'master'): readonly Ioredis[]
}

interface NodeRedis {
  readonly isReady?: boolean
  sendCommand(command: readonly RedisArgument[], options: object): Promise<unknown>
}

interface NodeRedisCluster {
  sendCommand(
    key: string | undefined,
    isReadonly: boolean,
    command: readonly RedisArgument[],
    options: object,
  ): Promise<unknown>
  readonly masters: readonly object[]
  nodeClient(node: object): Promise<NodeRedis>
}

/**
 * Recognises a client by what it can do, so that no client package is imported here.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION` for anything else, and for a client that puts a prefix of its own before some keys
 * but not before the patterns of SCAN.
 */
export function toNode(client: unknown, factory: string): RedisNode {
  const has = (name: string): boolean => typeof (client as Record<string, unknown> | null)?.[name] === 'function'
  if (has('on') && has('callBuffer')) {
    const { options } = client as Ioredis
    const prefix = options?.keyPrefix || options?.redisOptions?.keyPrefix
    if (prefix)
      throw optionError(
        factory,
        'client',
        `one with the keyPrefix "${prefix}"`,
        'a client without keyPrefix; give it to redisConnection instead',
      )
    return ioredisNode(client as Ioredis)
  }
  // A sentinel of node-redis takes other arguments, and its leases would hold a request up.
  if (has('on') && has('sendCommand') && !has('getMasterNode'))
    return has('nodeClient') ? clusterNode(client as NodeRedisCluster) : nodeRedisNode(client as NodeRedis)
  throw optionError(
    factory,
    'client',
    client,
    'a Redis or Cluster of ioredis or iovalkey, or a client, pool or cluster of redis (node-redis) 5 or later',
  )
}

function ioredisNode(client: Ioredis): RedisNode {
  const node: RedisNode = {
    // It finds the key of a command by itself.
    send: ([command, ...args]) => client.callBuffer(command!, ...args),
    ready: () => client.status === undefined || client.status === 'ready',
    cluster: client.isCluster === true,
    masters: async () => (client.isCluster === true ? client.nodes('master').map(ioredisNode) : [node]),
  }
  return node
}

function nodeRedisNode(client: NodeRedis): RedisNode {
  const node: RedisNode = {
    send: (command) => client.sendCommand(command, BYTES),
    ready: () => client.isReady !== false,
    cluster: false,
    masters: async () => [node],
  }
  return node
}

function clusterNode(cluster: NodeRedisCluster): RedisNode {
  return {
    send: (command, key) => cluster.sendCommand(key, false, command, BYTES),
    // It does not tell; a node of it that is away is found by the commands for it.
    ready: () => true,
    cluster: true,
    masters: () => Promise.all(cluster.masters.map(async (each) => nodeRedisNode(await cluster.nodeClient(each)))),
  }
}
