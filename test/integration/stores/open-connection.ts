import { type EdgeEvents, EventHub } from 'edgewise'
import { type RedisConnection, redisConnection } from 'edgewise/redis'
import { onTestFinished } from 'vitest'
import type { ClientKind } from './redis-clients.js'

/** A connection that ends with its test, its hub, and what that was told of it. */
export interface OpenConnection {
  readonly connection: RedisConnection
  readonly events: EventHub
  readonly told: readonly EdgeEvents['store'][]
}

export function openConnection(kind: ClientKind, port: number, timeoutMs: number): OpenConnection {
  const { client, close } = kind.alone(port)
  const events = new EventHub()
  const told: EdgeEvents['store'][] = []
  events.on('store', (event) => told.push(event))
  const connection = redisConnection(client, { timeoutMs, probeMs: 50, events })
  onTestFinished(() => {
    connection.close()
    close()
  })
  return { connection, events, told }
}
