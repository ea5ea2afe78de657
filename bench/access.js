// What access rules cost: `npm run build:js && node bench/access.js [rounds] [seconds]`. Two tables: look-ups in address lists of
// 10 to 100,000 entries, next to Node's own BlockList and to a scan with ipaddr.js; and CPU time of a server per request, with rules in
// front of a reply and with hardenServer.
import { createServer } from 'node:http'
import { BlockList } from 'node:net'
import { fileURLToPath } from 'node:url'
import ipaddr from 'ipaddr.js'
import { Pool } from 'undici'
import { LOAD_CORE, nextMessage, PROXY_CORE, startNode, stopAll } from './support/children.js'
import { cpuMicros } from './support/proc.js'
import { createRandom, median } from './support/stats.js'
import { plainTable } from './support/table.js'

const SELF = fileURLToPath(import.meta.url)
const [role, ...rest] = process.argv.slice(2)
const SERVERS = ['bare', 'rules', 'list of 100,000', 'limits', 'hardened']

if (role === 'server') await serve(rest[0])
else if (role === 'clients') await load()
else await run(Number(role ?? 5), Number(rest[0] ?? 2) * 1000)

async function run(rounds, ms) {
  const { addressList } = await import('../dist/index.js')
  console.log('Look-ups, ns each (range); the list is built once.\n')
  console.log(lists(addressList, rounds))
  console.log(
    `\nCPU time of the server per request, µs (range over ${rounds} rounds), GET with keep-alive, 32 connections.\n`,
  )
  try {
    console.log(await servers(rounds, ms))
  } finally {
    await stopAll()
  }
  process.exit(0)
}

function lists(addressList, rounds) {
  const random = createRandom(1)
  const byte = () => Math.floor(random() * 256)
  const v4 = () => `${1 + Math.floor(random() * 222)}.${byte()}.${byte()}.${byte()}`
  const v6 = () => `2001:db8:${(byte() * 256 + byte()).toString(16)}:${byte().toString(16)}::${byte().toString(16)}`
  const rows = [10, 1_000, 100_000].flatMap((size) =>
    [
      ['IPv4', v4, 24],
      ['IPv6', v6, 56],
    ].map(([family, make, bits]) => {
      const entries = Array.from({ length: size }, () => `${make()}/${bits}`)
      const asked = Array.from({ length: 20_000 }, make)
      const before = performance.now()
      const list = addressList(entries)
      const builtMs = performance.now() - before
      const native = new BlockList()
      const type = family.toLowerCase()
      for (const entry of entries) native.addSubnet(entry.split('/')[0], bits, type)
      const parsed = entries.map((entry) => ipaddr.parseCIDR(entry))
      const scan = (address) => {
        const client = ipaddr.process(address)
        return parsed.some(([network, length]) => client.kind() === network.kind() && client.match(network, length))
      }
      const few = Math.max(20, Math.min(20_000, Math.floor(2_000_000 / size)))
      const columns = [
        timed(rounds, asked, (address) => list.has(address)),
        timed(rounds, asked.slice(0, 500), (address) => list.has(address), 40),
        timed(rounds, asked.slice(0, few), (address) => native.check(address, type)),
        timed(rounds, asked.slice(0, few), scan),
      ]
      return [`${size} × ${family}`, ...columns, builtMs.toFixed(1)]
    }),
  )
  const titles = ['entries', 'addressList', 'same 500 again', 'net.BlockList', 'scan with ipaddr.js', 'built in ms']
  return plainTable(titles, rows)
}

/** Nanoseconds of a call: median and range over rounds. */
function timed(rounds, asked, run, repeat = 1) {
  let found = 0
  const taken = Array.from({ length: rounds + 1 }, () => {
    const before = process.hrtime.bigint()
    for (let at = 0; at < repeat; at++) for (const address of asked) if (run(address)) found++
    return Number(process.hrtime.bigint() - before) / asked.length / repeat
  }).slice(1)
  if (found < 0) throw new Error('never')
  return `${Math.round(median(taken))} (${Math.round(Math.min(...taken))}–${Math.round(Math.max(...taken))})`
}

async function servers(rounds, ms) {
  const clients = startNode(SELF, ['clients'], LOAD_CORE)
  await nextMessage(clients, 10_000)
  const rows = []
  for (const name of SERVERS) {
    const child = startNode(SELF, ['server', name], PROXY_CORE)
    rows.push({ name, port: await nextMessage(child, 20_000), pid: child.pid, taken: [] })
  }
  for (let round = 0; round <= rounds; round++) {
    // Each begins in turn.
    for (let at = 0; at < rows.length; at++) {
      const row = rows[(at + round) % rows.length]
      const before = cpuMicros(row.pid)
      clients.send({ port: row.port, ms })
      const requests = await nextMessage(clients, ms + 10_000)
      // The first round warms up.
      if (round > 0) row.taken.push((cpuMicros(row.pid) - before) / requests)
    }
  }
  const ratios = (taken) => taken.map((each, at) => each / rows[0].taken[at])
  return plainTable(
    ['server', 'µs', 'range', '× bare', 'range'],
    rows.map(({ name, taken }) => [name, ...cells(taken, 1), ...cells(ratios(taken), 2)]),
  )
}

function cells(values, digits) {
  return [
    median(values).toFixed(digits),
    `${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)}`,
  ]
}

/** A server whose gateway answers by itself, behind the rules of its name. */
async function serve(name) {
  const edge = await import('../dist/index.js')
  const { toNode } = await import('../dist/adapters/node.js')
  const many = () =>
    Array.from({ length: 100_000 }, (_, at) => `10.${(at >> 9) & 255}.${(at >> 1) & 255}.${(at & 1) * 128}/26`)
  const filters = {
    bare: () => [],
    hardened: () => [],
    rules: () => [
      edge.ipRules({ deny: ['203.0.113.0/24', '2001:db8::/32'] }),
      edge.allowMethods({ methods: ['GET', 'POST'] }),
      edge.originRules({ allow: ['https://*.example.com'] }),
      edge.refererRules({ allow: ['*.example.com'] }),
      edge.userAgentRules({ deny: ['*bot*', /^python-requests\/[0-9.]+$/] }),
    ],
    'list of 100,000': () => [edge.ipRules({ deny: many() })],
    limits: () => [
      edge.uriLimits({ maxLength: 2_000, maxQueryParameters: 100 }),
      edge.headerLimits({ maxFields: 100, maxBytes: 8_192 }),
      edge.bodyLimit({ maxBytes: 1_000_000 }),
      edge.deadline({ totalMs: 30_000 }),
      edge.minDataRate(),
      edge.bandwidthLimit({ bytesPerSecond: 2 ** 30 }),
    ],
  }[name]()
  const handler = async () =>
    edge.reply(200, '{"name":"edgewise","what":"a reply of about ninety bytes, as in the other tables"}')
  const gateway = edge.createGateway({ routes: [{ path: '/**', filters, handler }] })
  const server = createServer(toNode(gateway))
  if (name === 'hardened') edge.hardenServer(server, { maxConnectionsPerAddress: 1_000, maxRequestsPerSocket: 0 })
  server.listen(0, '127.0.0.1', () => process.send(server.address().port))
  process.on('disconnect', () => process.exit(0))
}

/** The clients: told a port and a time, tells how many requests were answered. */
async function load() {
  const headers = {
    'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36',
    accept: 'application/json',
    'accept-language': 'en',
    origin: 'https://app.example.com',
    referer: 'https://app.example.com/page',
  }
  process.on('disconnect', () => process.exit(0))
  process.on('message', async ({ port, ms }) => {
    const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 32, pipelining: 1 })
    const until = performance.now() + ms
    let count = 0
    const worker = async () => {
      while (performance.now() < until) {
        const { statusCode, body } = await pool.request({ path: '/users/42?fields=name', method: 'GET', headers })
        await body.dump()
        if (statusCode !== 200) throw new Error(`answered ${statusCode}`)
        count++
      }
    }
    await Promise.all(Array.from({ length: 32 }, worker))
    await pool.close()
    process.send(count)
  })
  process.send(0)
}
