// Where the time of a request goes: `npm run build:js && node bench/profile.js [--proxy NAME] [--path PATH] [--seconds S]`. The small GET through one proxy under
// V8's profiler; what each part takes is its share of the samples, times what /proc says that a request cost.
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import smallGet from './scenarios/small-get.js'
import { readArguments } from './support/arguments.js'
import { LOAD_CORE, nextMessage, PROXY_CORE, startNode, stop, stopAll } from './support/children.js'
import { plainTable } from './support/table.js'
import { startUpstream } from './support/upstream.js'

const USAGE = `node bench/profile.js [--proxy NAME] [--path PATH] [--seconds S]
  --proxy NAME   a file in bench/proxies (edgewise-node)
  --path PATH    what is asked for, as /api/items/kept (the small GET's)
  --seconds S    of load, after as many that warm up (5)`

/** The first whose pattern fits where a sample was taken, as "function url". */
const PARTS = [
  ['idle', /^\(idle\)/],
  ['garbage collection', /^\(garbage collector\)/],
  ['writes: the kernel’s send, and waking who reads', /^(?:write\w*String|writeBuffer|writev|writeUtf8|writeLatin1)\b/],
  ['Node: HTTP server', / node:(?:_http|internal\/http)/],
  ['Node: sockets and streams', / node:(?:net|stream|internal\/(?:stream|streams|js_stream))/],
  ['Node: timers, events, the rest', / node:/],
  ['Edgewise', /\/dist\//],
  ['packages', /\/node_modules\//],
  ['V8, and reads: the kernel’s recv and epoll', /^\(program\)/],
  ['C++ without a name', /./],
]

const { proxy, path, seconds } = readArguments(USAGE, { numbers: { seconds: 60 }, texts: ['proxy', 'path'] })
const { connections, request, expected } = smallGet.load
await run(proxy ?? 'edgewise-node', { ...request, path: path ?? request.path }, (seconds ?? 5) * 1_000)

async function run(name, asked, windowMs) {
  const dir = mkdtempSync(join(tmpdir(), 'edgewise-bench-profile-'))
  chmodSync(dir, 0o755)
  try {
    const upstream = await startUpstream('fastest', dir)
    const client = startNode(fileURLToPath(new URL('./support/load-client.js', import.meta.url)), [], LOAD_CORE)
    await nextMessage(client, 10_000)
    const flags = ['--cpu-prof', `--cpu-prof-dir=${dir}`, '--cpu-prof-interval=250']
    const host = fileURLToPath(new URL('./support/proxy-host.js', import.meta.url))
    const child = startNode(host, [name, ...upstream.endpoints], PROXY_CORE, process.execPath, flags)
    const { port, skip, error } = await nextMessage(child, 15_000)
    if (port === undefined) throw new Error(skip ?? error)
    const load = { connections, request: asked, expected, leadMs: windowMs, windowMs, requests: null }
    client.send({ ...load, port, pids: [child.pid] })
    const { result, error: failure } = await nextMessage(client, 2 * windowMs + 30_000)
    if (failure !== undefined) throw new Error(failure)
    await stop(child)
    const [file] = readdirSync(dir).filter((each) => each.endsWith('.cpuprofile'))
    print(name, result, JSON.parse(readFileSync(join(dir, file), 'utf8')), windowMs)
  } finally {
    await stopAll()
    rmSync(dir, { recursive: true, force: true })
  }
  process.exit(0)
}

function print(name, { cpuUs, requests }, profile, windowMs) {
  const { parts, functions, total } = sharesOf(profile, windowMs)
  const each = cpuUs / requests
  const micros = (share) => ((share / total) * each).toFixed(1)
  console.log(`${name}: ${each.toFixed(1)} µs of CPU for each of ${requests} requests, under the profiler\n`)
  console.log(
    plainTable(
      ['', 'µs'],
      PARTS.flatMap(([part]) => (parts.has(part) && part !== 'idle' ? [[part, micros(parts.get(part))]] : [])),
    ),
  )
  const most = [...functions].sort(([, one], [, other]) => other - one).slice(0, 20)
  console.log(
    `\n${plainTable(
      ['function of ours', 'µs'],
      most.map(([called, share]) => [called, micros(share)]),
    )}`,
  )
}

/** Of the last samples, when all was warm. */
function sharesOf({ nodes, samples, timeDeltas, endTime }, windowMs) {
  const byId = new Map(nodes.map((node) => [node.id, node.callFrame]))
  const parts = new Map()
  const functions = new Map()
  let [total, at] = [0, endTime]
  for (let index = samples.length - 1; index >= 0 && endTime - at < windowMs * 1_000; index--) {
    const { functionName, url } = byId.get(samples[index])
    const spent = timeDeltas[index]
    at -= spent
    const where = `${functionName} ${url}`
    const [part] = PARTS.find(([, pattern]) => pattern.test(where))
    parts.set(part, (parts.get(part) ?? 0) + spent)
    if (part !== 'idle') total += spent
    const called = functionName || '(anonymous)'
    if (part === 'Edgewise') functions.set(called, (functions.get(called) ?? 0) + spent)
  }
  return { parts, functions, total }
}
