// Starts each example, and README's, in a process of its own, asks it for what it is there to show, and ends it:
// `node scripts/run-examples.js`, or only those whose names contain a word: `node scripts/run-examples.js questions/ canary`.
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { echoes, freePort, knows, says, speaksBoth } from './run-examples/asks.js'
import { aggregated, cached, canary, chat, composed, nest, plans, tenants, uploads } from './run-examples/points.js'
import { bodyParser, pathUnderMount, severalTargets, timeouts, websocketUpgrade } from './run-examples/questions.js'
import { start } from './run-examples/start.js'

const root = new URL('../', import.meta.url)

/** What a request to the printed address must show. */
const examples = {
  [await readmeExample()]: says('from'),
  'examples/node.ts': says('users-'),
  'examples/express.ts': says('api-'),
  'examples/koa.ts': says('api', 'server-timing'),
  'examples/hono.ts': says('api', 'x-served-by'),
  'examples/fastify.ts': says('api'),
  'examples/websocket.ts': echoes,
  'examples/graceful.ts': says('users-'),
  'examples/cluster.ts': says('users-'),
  'examples/http2.ts': speaksBoth('over https'),
  'examples/tcp.ts': says('tcp-'),
  'examples/authentication.ts': knows('orders', { 'x-api-key': 'demo-key' }),
  'examples/tracing.ts': says('api', 'traceresponse'),
  'examples/metrics.ts': says('edgewise_requests_total'),
  'examples/admin-api.ts': says('users-'),
  'examples/config.ts': says('orders', 'x-request-id'),
  'examples/status-page.ts': says('users-2', 'content-security-policy'),
  'examples/custom-filter.ts': says('requestId', 'x-request-id'),
  'examples/custom-balancer.ts': says('primary'),
  'examples/custom-store.ts': says('api', 'ratelimit'),
  'examples/custom-transport.ts': says('99991', 'x-thread'),
  'examples/custom-discovery.ts': says('service-'),
  'examples/compat.ts': says('/greeting', 'x-seen'),
  'examples/nestjs.ts': nest,
  'examples/canary.ts': canary,
  'examples/jwt-plans.ts': plans,
  'examples/tenants.ts': tenants,
  'examples/chat.ts': chat,
  'examples/cache.ts': cached,
  'examples/bff.ts': aggregated,
  'examples/uploads.ts': uploads,
  'examples/compose/upstream.ts': says('/users/1'),
  'examples/compose/gateway.ts': composed,
  'examples/questions/body-parser.ts': bodyParser,
  'examples/questions/websocket-upgrade.ts': websocketUpgrade,
  'examples/questions/path-under-mount.ts': pathUnderMount,
  'examples/questions/timeouts.ts': timeouts,
  'examples/questions/several-targets.ts': severalTargets,
}

const unasked = globSync('examples/**/*.ts', { cwd: root }).filter(
  (name) => !name.startsWith('examples/support/') && !(name in examples),
)
const words = process.argv.slice(2)
let failed = 0
for (const [name, question] of [...Object.entries(examples), ...unasked.map((name) => [name, null])]) {
  if (words.length > 0 && !words.some((word) => name.includes(word))) continue
  const problem = await run(name, question).catch((error) => error.message)
  if (problem !== undefined) failed++
  console.log(`${problem === undefined ? 'ok  ' : 'FAIL'} ${name}${problem === undefined ? '' : `: ${problem}`}`)
}
process.exitCode = failed === 0 ? 0 : 1

/** Returns what went wrong, or nothing. */
async function run(name, question) {
  if (question === null) return 'nobody asks it for what it shows: give it a line in scripts/run-examples.js'
  await using example = await start(name)
  await question(example.address, { stderr: () => example.stderr })
  // Awaited here, or it would be killed first.
  return await example.stop()
}

/** README's gateway as pasted, but on ports that are free; with a line that prints its address. */
async function readmeExample() {
  const [code] = /(?<=^```ts\n)[\s\S]*?(?=^```$)/m.exec(readFileSync(new URL('README.md', root), 'utf8'))
  const ports = new Map()
  for (const [port] of code.matchAll(/\b300\d\b/g)) if (!ports.has(port)) ports.set(port, await freePort())
  const moved = code.replace(/\b300\d\b/g, (port) => ports.get(port))
  const path = '.cache/readme.ts'
  mkdirSync(new URL('.cache', root), { recursive: true })
  writeFileSync(
    new URL(path, root),
    `${moved}
process.once('SIGTERM', () => process.exit(0))
setImmediate(() => console.log('http://localhost:${ports.get('3000')}/users/1'))
`,
  )
  return path
}
