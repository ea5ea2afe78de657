// What a WebSocket costs through each proxy, next to the least that Node can do (a raw pipe of two sockets) and to nginx:
// `npm run build:js && node bench/websocket.js [rounds] [seconds] [idle sockets]`. Three measures: memory of sockets that are open and
// silent, echoed messages, and handshakes. `edgewise-blind` is Edgewise without its frame tracker, which is always on elsewhere.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
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
import { nginxCommand } from './support/nginx.js'
import { cpuMicros, family, memoryMiB } from './support/proc.js'
import { median } from './support/stats.js'
import { plainTable } from './support/table.js'

const HOST = new URL('./websocket/host.js', import.meta.url).pathname
const CLIENTS = new URL('./websocket/clients.js', import.meta.url).pathname
const UPSTREAM = new URL('./websocket/upstream.js', import.meta.url).pathname
const NODE_PROXIES = ['pipe', 'edgewise', 'edgewise-blind', 'http-proxy-3']
const LOADS = ['echo', 'handshakes']
/** Connections that echo at the same time. */
const CONNECTIONS = 64

const [rounds = 5, seconds = 2, wanted = 5000] = process.argv.slice(2).map(Number)
await run(rounds, seconds * 1000, openFilesAllow(wanted))

/** As many as asked, or as fit: a proxy needs two files for each. Node raises the soft limit to the hard one by itself. */
function openFilesAllow(sockets) {
  const limit = Number(/^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 1024)
  const fit = Math.floor((limit - 200) / 2)
  if (fit < sockets) console.log(`Only ${fit} idle sockets: the hard limit of open files is ${limit} (ulimit -Hn).`)
  return Math.min(sockets, fit)
}

async function run(rounds, ms, sockets) {
  const folder = mkdtempSync(join(tmpdir(), 'edgewise-bench-websocket-'))
  try {
    const upstream = await nextMessage(startNode(UPSTREAM, [], LOAD_CORE), 10_000)
    const clients = startNode(CLIENTS, [], LOAD_CORE)
    await nextMessage(clients, 10_000)
    const ask = async (load, { name, port }, amount) => {
      clients.send({ load, port, amount })
      const answer = await nextMessage(clients, 60_000)
      if (answer.error !== undefined) throw new Error(`${load} through ${name}: ${answer.error}`)
      return answer.amount
    }
    const rows = []
    for (const name of NODE_PROXIES) {
      const child = startNode(HOST, [name, String(upstream)], PROXY_CORE)
      rows.push({ name, child, port: await nextMessage(child, 10_000), pids: [child.pid], taken: takenOf() })
    }
    if (versionOf('nginx', '-v') !== null) rows.push(await nginx(folder, upstream, sockets))
    for (let round = 0; round <= rounds; round++) {
      for (const load of LOADS) {
        // Each begins in turn.
        for (let at = 0; at < rows.length; at++) {
          const row = rows[(at + round) % rows.length]
          if (load === 'echo') await ask('open', row, CONNECTIONS)
          const before = cpu(row)
          const amount = await ask(load, row, ms)
          const micros = (cpu(row) - before) / amount
          if (load === 'echo') await ask('close', row, 0)
          // The first round warms up.
          if (round > 0) row.taken[load].push({ micros, perSecond: (amount / ms) * 1000 })
        }
      }
    }
    for (const row of rows) {
      row.before = await memory(row)
      await ask('open', row, sockets)
      await delay(1000)
      row.open = await memory(row)
      await ask('close', row, 0)
    }
    print(rows, sockets)
  } finally {
    await stopAll()
    rmSync(folder, { recursive: true, force: true })
  }
  process.exit(0)
}

function takenOf() {
  return { echo: [], handshakes: [] }
}

function print(rows, sockets) {
  const cell = (taken, key, digits) => {
    const values = taken.map((each) => each[key])
    const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)]
    return `${middle.toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`
  }
  const base = (load) => median(rows[0].taken[load].map(({ micros }) => micros))
  const header = [
    'proxy',
    'µs per echo',
    '× pipe',
    'echoes/s',
    'µs per handshake',
    '× pipe',
    `KiB per idle socket (${sockets})`,
  ]
  const body = rows.map(({ name, taken, before, open }) => [
    name,
    cell(taken.echo, 'micros', 1),
    (median(taken.echo.map(({ micros }) => micros)) / base('echo')).toFixed(2),
    Math.round(median(taken.echo.map(({ perSecond }) => perSecond))).toString(),
    cell(taken.handshakes, 'micros', 0),
    (median(taken.handshakes.map(({ micros }) => micros)) / base('handshakes')).toFixed(2),
    (((open - before) * 1024) / sockets).toFixed(1),
  ])
  console.log(plainTable(header, body))
}

function cpu({ pids }) {
  return pids.reduce((sum, pid) => sum + cpuMicros(pid), 0)
}

/** MiB, without garbage where the process can be told to collect it. */
async function memory({ child, pids }) {
  if (child !== undefined) {
    child.send('collect')
    await nextMessage(child, 10_000)
  }
  return pids.reduce((sum, pid) => sum + memoryMiB(pid).now, 0)
}

async function nginx(folder, upstream, sockets) {
  const port = await freePort()
  const { file, args } = nginxCommand(
    folder,
    `  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${upstream};
      proxy_http_version 1.1;
      proxy_set_header Connection upgrade;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Host $http_host;
      proxy_read_timeout 600s;
    }
  }`,
    // It closes connections that look idle when less than a sixteenth is free.
    3 * sockets + 1000,
  )
  const child = start(file, args, { core: PROXY_CORE })
  for (let tries = 0; tries < 100 && !(await accepts(port)); tries++) await delay(50)
  return { name: 'nginx', port, pids: family(child.pid), taken: takenOf() }
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: '127.0.0.1' })
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}
