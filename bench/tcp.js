// What a connection costs through the TCP balancer, next to the least that Node can do and to haproxy in TCP mode:
// `npm run build:js && node bench/tcp.js [rounds] [seconds]`. Two loads: bulk bytes to the client, and short connections.
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import {
  freePort,
  LOAD_CORE,
  nextMessage,
  PROXY_CORE,
  start,
  startNode,
  stopAll,
  versionOf,
} from './support/children.js'
import { pipeTo } from './support/pipe.js'
import { cpuMicros, family, memoryMiB } from './support/proc.js'

const SELF = fileURLToPath(import.meta.url)
const [role, ...rest] = process.argv.slice(2)
const CHUNK = Buffer.alloc(256 * 1024, 'x')
const STREAMS = 8

/** What runs in a process of its own: `node bench/tcp.js ROLE PORT`. */
const ROLES = {
  /** Answers the first byte: `b` by bytes without end, anything else by one byte and the end. */
  async upstream() {
    const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const flood = () => {
        while (!socket.destroyed && socket.write(CHUNK));
      }
      socket.on('error', () => {})
      socket.on('data', (first) => {
        if (first[0] !== 98) return socket.end('x')
        socket.on('drain', flood)
        flood()
      })
    })
    return listening(server)
  },
  async relay(port) {
    return listening(await pipeTo(port))
  },
  async edgewise(port) {
    const { createPool } = await import('../dist/index.js')
    const { createTcpBalancer } = await import('../dist/tcp/index.js')
    const pool = createPool({ name: 'far', endpoints: [`tcp://127.0.0.1:${port}`], maxConnections: 10_000 })
    return (await createTcpBalancer({ pool }).listen({ port: 0, host: '127.0.0.1' })).address().port
  },
  /** The clients: told a port, a load and a time, tells how much it got. */
  async clients() {
    process.on('message', async ({ port, load, ms }) => process.send(await LOADS[load](port, ms)))
    return 0
  },
}

const LOADS = {
  async bulk(port, ms) {
    let bytes = 0
    const sockets = Array.from({ length: STREAMS }, () => {
      const socket = net.connect({ port, host: '127.0.0.1' })
      socket.on('error', () => {})
      socket.on('data', (chunk) => {
        bytes += chunk.length
      })
      return socket.on('connect', () => socket.write('b'))
    })
    await delay(ms)
    for (const socket of sockets) socket.destroy()
    return { amount: bytes / 1e6 }
  },
  async connections(port, ms) {
    let count = 0
    const until = performance.now() + ms
    const worker = async () => {
      while (performance.now() < until) {
        const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
        let ok = false
        socket.on('data', () => {
          ok = true
        })
        socket.end('c')
        await once(socket, 'close')
        if (!ok) throw new Error('a connection without an answer')
        count++
      }
    }
    await Promise.all(Array.from({ length: STREAMS }, worker))
    return { amount: count }
  },
}

if (role in ROLES) {
  process.on('disconnect', () => process.exit(0))
  process.send(await ROLES[role](Number(rest[0])))
} else {
  await run(Number(role ?? 5), Number(rest[0] ?? 2) * 1000)
}

async function run(rounds, ms) {
  const folder = mkdtempSync(join(tmpdir(), 'edgewise-bench-tcp-'))
  try {
    const upstream = await nextMessage(startNode(SELF, ['upstream'], LOAD_CORE), 10_000)
    const clients = startNode(SELF, ['clients'], LOAD_CORE)
    await nextMessage(clients, 10_000)
    const rows = []
    for (const name of ['relay', 'edgewise']) {
      const child = startNode(SELF, [name, String(upstream)], PROXY_CORE)
      rows.push({
        name,
        port: await nextMessage(child, 10_000),
        pids: [child.pid],
        taken: { bulk: [], connections: [] },
      })
    }
    if (versionOf('haproxy', '-v') !== null) rows.push(await haproxy(folder, upstream))
    for (let round = 0; round <= rounds; round++) {
      for (const load of Object.keys(LOADS)) {
        // Each begins in turn.
        for (let at = 0; at < rows.length; at++) {
          const row = rows[(at + round) % rows.length]
          const before = cpu(row)
          clients.send({ port: row.port, load, ms })
          const { amount } = await nextMessage(clients, ms + 10_000)
          // The first round warms up.
          if (round > 0)
            row.taken[load].push({ perCpu: (amount / (cpu(row) - before)) * 1e6, perSecond: (amount / ms) * 1000 })
        }
      }
    }
    print(rows)
  } finally {
    await stopAll()
    rmSync(folder, { recursive: true, force: true })
  }
  process.exit(0)
}

function print(rows) {
  const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]
  const cell = (taken, key) => {
    const values = taken.map((each) => each[key])
    return `${Math.round(median(values))} (${Math.round(Math.min(...values))}–${Math.round(Math.max(...values))})`
  }
  console.log('| | MB per CPU second | MB/s | connections per CPU second | connections/s | MiB |')
  console.log('| --- | --- | --- | --- | --- | --- |')
  for (const { name, taken, pids } of rows) {
    const cells = [
      cell(taken.bulk, 'perCpu'),
      cell(taken.bulk, 'perSecond'),
      cell(taken.connections, 'perCpu'),
      cell(taken.connections, 'perSecond'),
      Math.round(pids.reduce((sum, pid) => sum + memoryMiB(pid).peak, 0)),
    ]
    console.log(`| ${[name, ...cells].join(' | ')} |`)
  }
}

function cpu({ pids }) {
  return pids.reduce((sum, pid) => sum + cpuMicros(pid), 0)
}

async function haproxy(folder, upstream) {
  const port = await freePort()
  const file = join(folder, 'haproxy.cfg')
  writeFileSync(
    file,
    `global
  nbthread 1
defaults
  mode tcp
  timeout connect 5s
  timeout client 600s
  timeout server 600s
listen it
  bind 127.0.0.1:${port}
  server it 127.0.0.1:${upstream}
`,
  )
  const child = start('haproxy', ['-db', '-f', file], { core: PROXY_CORE })
  for (let tries = 0; tries < 100 && !(await accepts(port)); tries++) await delay(50)
  return { name: 'haproxy', port, pids: family(child.pid), taken: { bulk: [], connections: [] } }
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: '127.0.0.1' })
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}

async function listening(server) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server.address().port
}
