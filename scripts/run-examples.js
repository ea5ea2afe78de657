// Starts each example, and README's, in a process of its own, makes one request through it, and ends it:
// `node scripts/run-examples.js`.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import http2 from 'node:http2'
import https from 'node:https'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { WebSocket } from 'ws'

const LIMIT_MS = 10_000
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
}

let failed = 0
for (const [name, ask] of Object.entries(examples)) {
  const problem = await run(name, ask).catch((error) => error.message)
  if (problem !== undefined) failed++
  console.log(`${problem === undefined ? 'ok  ' : 'FAIL'} ${name}${problem === undefined ? '' : `: ${problem}`}`)
}
process.exitCode = failed === 0 ? 0 : 1

/** Returns what went wrong, or nothing. */
async function run(name, ask) {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', new URL(name, root).pathname], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const exited = once(child, 'exit')
  const deadline = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS)
  try {
    const line = once(createInterface({ input: child.stdout }), 'line')
    const address = await Promise.race([line.then(([text]) => text), exited.then(() => null)])
    if (address === null) return `ended before it was ready\n${stderr}`
    await ask(address)
    child.kill('SIGTERM')
    const [code, signal] = await exited
    return code === 0 ? undefined : `ended with ${code ?? signal} after SIGTERM\n${stderr}`
  } finally {
    clearTimeout(deadline)
    child.kill('SIGKILL')
  }
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

async function freePort() {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  return port
}

function says(word, field) {
  return async (address) => {
    const reply = await fetch(address, { signal: AbortSignal.timeout(5_000) })
    const text = await reply.text()
    if (reply.status !== 200 || !text.includes(word)) throw new Error(`${address} said ${reply.status} ${text}`)
    if (field !== undefined && !reply.headers.has(field)) throw new Error(`${address} sent no ${field}`)
  }
}

/** Is told who may ask, and answers who shows a credential. */
function knows(word, headers) {
  return async (address) => {
    const [refused, reply] = await Promise.all([fetch(address), fetch(address, { method: 'POST', headers })])
    if (refused.status !== 401 || !refused.headers.has('www-authenticate'))
      throw new Error(`${address} said ${refused.status} to nobody`)
    const text = await reply.text()
    if (reply.status !== 200 || !text.includes(word)) throw new Error(`${address} said ${reply.status} ${text}`)
  }
}

/** Asks by HTTP/2 and by HTTP/1.1 on the same port; nobody trusts an example's certificate. */
function speaksBoth(word) {
  return async (address) => {
    const session = http2.connect(address, { rejectUnauthorized: false })
    const stream = session.request({ ':path': new URL(address).pathname })
    const [second] = await Promise.all([textOf(stream), once(stream, 'response')])
    session.close()
    const [response] = await once(https.get(address, { rejectUnauthorized: false, agent: false }), 'response')
    for (const text of [second, await textOf(response)])
      if (!text.includes(word)) throw new Error(`${address} said ${text}`)
  }
}

async function textOf(stream) {
  let text = ''
  for await (const part of stream.setEncoding('utf8')) text += part
  return text
}

async function echoes(address) {
  const socket = new WebSocket(address)
  await once(socket, 'open')
  socket.send('hello')
  const [data] = await once(socket, 'message')
  socket.close()
  await once(socket, 'close')
  if (String(data) !== 'hello') throw new Error(`echo said ${data}`)
  const refused = new WebSocket(address.replace('?ticket=1', ''))
  const [error] = await once(refused, 'error')
  if (!error.message.includes('403')) throw new Error(`without a ticket: ${error.message}`)
}
