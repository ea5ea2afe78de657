// What the gateway's process holds on to, at a moment when nothing is under way.

import { readdirSync, readlinkSync } from 'node:fs'
import { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { queryObjects } from 'node:v8'
import { ExchangeOrigin, Http1Attempt, PoolLease } from '../../dist/inside.js'

// It warns at its first use that it is experimental: said here, where nobody takes it for the gateway's.
const { emitWarning } = process
process.emitWarning = () => {}
queryObjects(class {}, { format: 'count' })
process.emitWarning = emitWarning

const timer = setTimeout(() => {}, 0)
clearTimeout(timer)

/** What is counted on the heap, the idle and the unreferenced included: an object that is still there is held by somebody. */
const OBJECTS = {
  exchanges: ExchangeOrigin,
  attempts: Http1Attempt,
  leaseObjects: PoolLease,
  socketObjects: Socket,
  timers: timer.constructor,
}

/** @returns functions that take stock: of all, garbage collected, and of connections only, at little cost. */
export function stockTaker({ gateway, pools, servers, events }) {
  const connected = async () => ({
    clients: sum(await Promise.all(Object.values(servers).map(connections))),
    activeSockets: process.getActiveResourcesInfo().filter((kind) => /TCPSocket|TLS/.test(kind)).length,
    ...openFiles(),
  })
  const all = async () => {
    for (let round = 0; round < 4; round++) {
      globalThis.gc()
      await delay(20)
    }
    const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage()
    const snapshots = Object.values(pools).map((pool) => pool.snapshot())
    return {
      ...{ rss, heapUsed, external, arrayBuffers },
      requests: gateway.traffic.requests,
      tunnels: gateway.traffic.tunnels,
      leases: sum(snapshots.flatMap((pool) => pool.endpoints.map(({ inFlight }) => inFlight))),
      endpointTunnels: sum(snapshots.flatMap((pool) => pool.endpoints.map(({ tunnels }) => tunnels.open))),
      queued: sum(snapshots.map(({ queued }) => queued)),
      activeTimers: process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length,
      listeners: listenersOf(process) + sum(Object.values(servers).map(listenersOf)) + events.listening,
      ...Object.fromEntries(
        Object.entries(OBJECTS).map(([name, type]) => [name, queryObjects(type, { format: 'count' })]),
      ),
    }
  }
  return { connected, all }
}

const sum = (numbers) => numbers.reduce((all, each) => all + each, 0)

function connections(server) {
  return new Promise((resolve) => server.getConnections((_error, count) => resolve(count)))
}

function listenersOf(emitter) {
  return sum(emitter.eventNames().map((name) => emitter.listenerCount(name)))
}

/** Open descriptors of sockets, and of all else. */
function openFiles() {
  const found = { openSockets: 0, openFiles: 0 }
  for (const descriptor of readdirSync('/proc/self/fd')) {
    try {
      const socket = readlinkSync(`/proc/self/fd/${descriptor}`).startsWith('socket:')
      found[socket ? 'openSockets' : 'openFiles']++
    } catch {
      // The one that the listing itself had open.
    }
  }
  return found
}
