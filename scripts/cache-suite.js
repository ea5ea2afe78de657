// Runs the public cache-tests suite (https://cache-tests.fyi) through an Edgewise gateway, and prints how it does next to the
// published results of other proxies: `npm run build:js && node scripts/cache-suite.js`. Exits 1 below the bars.
// The suite is its npm package, installed under .cache; CACHE_TESTS=/path takes a work tree of its repository instead, which is
// newer and larger.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createNetServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { toNode } from '../dist/adapters/node.js'
import { cache, createGateway, createPool, forward, http1 } from '../dist/index.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const VERSION = '0.4.5'

/**
 * What each row runs with, and what it must reach: `bars` are required and optimal cases, of the repository's 160 and 105, and of the
 * package's fewer. Heuristic freshness is off by default; the suite asks for it, so that it is on in every row. One
 * case's origin names a transfer coding that does not exist, which by default is a 502 before the cache hears of it (H-105): `lenient`
 * takes it, as RFC 9112 §6.3 allows.
 */
const ROWS = [
  { name: 'Edgewise', options: {}, lenient: true, bars: { repository: [159, 97], package: [139, 78] } },
  {
    name: "Edgewise, setCookie: 'store'",
    options: { setCookie: 'store' },
    lenient: true,
    bars: { repository: [160, 98], package: [141, 79] },
  },
  { name: 'Edgewise, unknown codings refused', options: {}, bars: { repository: [158, 97], package: [138, 78] } },
  { name: 'Edgewise without cache', options: null, bars: null },
]

const LENGTH =
  'the origin sends a Content-Range of 6 bytes with a body of 5, and the cases contradict each other about where they lie: a 206 of the wrong length is refused (H-180)'

/** Why a case that fails does. */
const ARGUED = {
  'headers-store-Set-Cookie':
    'the next client would get the first one’s cookie (H-175); setCookie: "store" does as RFC 9111 says',
  'other-set-cookie': 'the same, as an optimal case',
  'headers-store-Transfer-Encoding':
    'the origin names a transfer coding that does not exist: by default the transport answers 502 before the cache sees it (H-105), as do NGINX, HAProxy, Squid, Caddy and Varnish',
  'partial-store-partial-reuse-partial': LENGTH,
  'partial-store-partial-reuse-partial-byterange': LENGTH,
  'partial-store-partial-reuse-partial-absent': LENGTH,
  'partial-store-partial-reuse-partial-suffix': LENGTH,
  'partial-store-partial-complete':
    'the stored part has no strong validator, so that its rest could never be joined to it: the request would be wasted (RFC 9111 §3.4)',
  'conditional-lm-fresh-no-lm':
    'without Last-Modified, If-Modified-Since is compared with Date (RFC 9111 §4.3.2), which here is 50 minutes later: 200',
  'vary-normalise-lang-select':
    'wants a variant chosen by Content-Language without asking the origin, which alone knows what it has',
}

/** What only the old package wants; its newer self, the repository, has taken these back, or wants the opposite. */
const ARGUED_OF_PACKAGE = [
  [
    /^age-parse-/,
    'wants a response with an Age that can’t be read to be stale; RFC 9111 §5.1 says to ignore the field',
  ],
  [/^stale-close-/, 'its client takes a 502 for a reply from the cache; no published proxy passes'],
  [
    /^304-etag-update-response-ETag$/,
    'its 304 names another strong ETag, and so is of another response (RFC 9111 §4.3.4)',
  ],
  [/^304-etag-update-response-Set-Cookie$/, 'wants a response with Set-Cookie stored (H-175)'],
  [/^304-etag-update-response-/, 'differs from the repository in what a 304 may change (RFC 9111 §3.2)'],
]

const suite = await findSuite()
const folder = mkdtempSync(join(tmpdir(), 'edgewise-cache-suite-'))
const children = new Set()
try {
  process.exitCode = (await run()) ? 0 : 1
} finally {
  for (const child of children) child.kill()
  rmSync(folder, { recursive: true, force: true })
}

async function run() {
  const tests = (await import(pathToFileURL(join(suite.dir, 'tests', 'index.mjs')).href)).default.flatMap(
    ({ tests }) => tests,
  )
  const origin = await startOrigin()
  const rows = await Promise.all(ROWS.map((row) => runRow(row, origin, tests)))
  print(rows, tests)
  let good = true
  for (const { name, bars, score } of rows) {
    if (bars === null) continue
    const [required, optimal] = bars[suite.kind]
    if (score.required >= required && score.optimal >= optimal) continue
    console.error(`${name}: below ${required} required and ${optimal} optimal`)
    good = false
  }
  return good
}

async function runRow(row, origin, tests) {
  const { options, lenient } = row
  const transport = http1({ unknownTransferCoding: lenient ? 'pass' : 'refuse' })
  const pool = createPool({ name: 'origin', endpoints: [origin] })
  const filters = options === null ? [] : [cache({ heuristics: true, ...options })]
  const gateway = createGateway({ filters, routes: [{ path: '/**', handler: forward({ pool, transport }) }] })
  const server = createServer(toNode(gateway)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const results = await runClient(`http://127.0.0.1:${server.address().port}`)
    return { ...row, results, score: scoreOf(results, tests) }
  } finally {
    server.closeAllConnections()
    server.close()
    await gateway.close({ graceMs: 0 })
    await pool.close()
  }
}

/** Runs the suite's own client; what it prints is the result of each case: `true`, or why not. */
async function runClient(base) {
  const child = startSuite('cli.mjs', { npm_config_base: base, npm_config_id: '', npm_package_config_id: '' })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text
  })
  await once(child, 'close')
  return JSON.parse(output.slice(output.indexOf('{')))
}

async function startOrigin() {
  const port = await freePort()
  startSuite(join('server', 'server.mjs'), {
    npm_config_protocol: 'http',
    npm_config_port: String(port),
    npm_config_pidfile: join(folder, 'pid'),
  }).stdout.resume()
  const url = `http://127.0.0.1:${port}`
  for (let tries = 0; tries < 100; tries++) {
    const there = await fetch(`${url}/state/none`).then(
      () => true,
      () => false,
    )
    if (there) return url
    await delay(100)
  }
  throw new Error('the suite’s origin does not listen')
}

function startSuite(script, env) {
  const preload = pathToFileURL(join(root, 'scripts', 'cache-suite', 'preload.js')).href
  const child = spawn(process.execPath, ['--no-warnings', '--import', preload, join(suite.engine, script)], {
    cwd: suite.dir,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  children.add(child)
  child.on('exit', () => children.delete(child))
  return child
}

function print(rows, tests) {
  const counts = Object.groupBy(tests.filter(isRun), kindOf)
  const [required, optimal, check] = ['required', 'optimal', 'check'].map((kind) => counts[kind].length)
  console.log(`cache-tests, ${suite.title}: heuristic freshness on\n`)
  console.log(`| | required /${required} | optimal /${optimal} | check /${check} |\n| --- | --- | --- | --- |`)
  const line = ({ name, score }) => `| ${name} | ${score.required} | ${score.optimal} | ${score.check} |`
  for (const row of rows) console.log(line(row))
  for (const row of published(tests)) console.log(line(row))
  for (const { name, results, bars } of rows) {
    if (bars === null) continue
    console.log(`\n${name} does not:`)
    for (const test of tests.filter((each) => isRun(each) && kindOf(each) !== 'check' && results[each.id] !== true)) {
      const why = argument(test.id) ?? `NOT ARGUED: ${results[test.id]}`
      console.log(`- ${test.id} (${kindOf(test)}): ${why}`)
    }
  }
}

function argument(id) {
  const ofPackage = suite.kind === 'package' ? ARGUED_OF_PACKAGE.find(([pattern]) => pattern.test(id))?.[1] : undefined
  return ARGUED[id] ?? ofPackage
}

/** Results of other proxies, as the suite publishes them. */
function published(tests) {
  const folder = join(suite.dir, 'results')
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json') && !/^(?:chrome|firefox|safari)/.test(file))
    .map((file) => {
      const results = JSON.parse(readFileSync(join(folder, file), 'utf8'))
      return { name: `${basename(file, '.json')} (published)`, score: scoreOf(results, tests) }
    })
    .sort((a, b) => b.score.required - a.score.required)
}

/** Passed cases of each kind; that one depends on another is not looked at. */
function scoreOf(results, tests) {
  const score = { required: 0, optimal: 0, check: 0 }
  for (const test of tests) if (isRun(test) && results[test.id] === true) score[kindOf(test)]++
  return score
}

function isRun(test) {
  return test.browser_only !== true
}

function kindOf(test) {
  return test.kind ?? 'required'
}

async function findSuite() {
  const given = process.env.CACHE_TESTS
  if (given !== undefined) {
    const dir = join(root, '.cache', 'cache-tests')
    rmSync(dir, { recursive: true, force: true })
    for (const part of ['test-engine', 'tests', 'results', 'package.json'])
      cpSync(join(given, part), join(dir, part), { recursive: true })
    // Of what the suite depends on, running it needs undici only, which is ours, too.
    mkdirSync(join(dir, 'node_modules'))
    symlinkSync(join(root, 'node_modules', 'undici'), join(dir, 'node_modules', 'undici'))
    return { kind: 'repository', title: `work tree ${given}`, dir, engine: join(dir, 'test-engine') }
  }
  const prefix = join(root, '.cache', 'http-cache-tests')
  const dir = join(prefix, 'node_modules', 'http-cache-tests')
  if (!existsSync(dir)) {
    mkdirSync(prefix, { recursive: true })
    // It depends on npm 6, of which it uses nothing.
    writeFileSync(
      join(prefix, 'package.json'),
      JSON.stringify({
        private: true,
        dependencies: { 'http-cache-tests': VERSION },
        overrides: { npm: 'npm:inherits@2.0.4' },
      }),
    )
    const { status } = spawnSync(
      'npm',
      ['install', '--prefix', prefix, '--ignore-scripts', '--no-audit', '--no-fund'],
      {
        cwd: prefix,
        stdio: 'inherit',
      },
    )
    if (status !== 0) throw new Error('the suite cannot be installed')
  }
  return { kind: 'package', title: `npm package ${VERSION}`, dir, engine: dir }
}

async function freePort() {
  const server = createNetServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}
