// A discovery of your own: a registry in which services say that they are there, and that is asked who is.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type Clock,
  createGateway,
  createPool,
  type Discovery,
  EdgeError,
  type EndpointList,
  events,
  forward,
} from 'edgewise'
import { toNode } from 'edgewise/node'
import { startService } from './support/service.js'

interface RegistryDiscoveryOptions {
  /** Answers with `{ "services": [{ "address": "http://10.0.0.1:3000", "weight": 2, "zone": "eu-1a" }] }`, and an ETag. */
  readonly url: string
  /** From an answer to the next question. @default 5000 */
  readonly intervalMs?: number | undefined
  /** How long an answer may take. @default 2000 */
  readonly timeoutMs?: number | undefined
  /** For tests. @default timers that keep no process alive */
  readonly clock?: Clock | undefined
}

interface Service {
  readonly address: string
  readonly weight?: number
  readonly zone?: string
}

const realClock: Clock = {
  setTimeout: (run, ms) => setTimeout(run, ms).unref(),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
}

/**
 * Endpoints from a registry that is asked again and again.
 *
 * @throws EdgeError `ERR_EDGE_OPTION`.
 */
function registryDiscovery(options: RegistryDiscoveryOptions): Discovery {
  if (!URL.canParse(options.url))
    throw new EdgeError('ERR_EDGE_OPTION', `registryDiscovery: url is ${options.url}; allowed: an absolute URL`)
  return {
    [Symbol.asyncIterator]() {
      const stop = new AbortController()
      const lists = follow(options, stop.signal)
      return {
        next: () => lists.next(),
        // The generator's own comes to its turn only when what it waits for is over.
        return() {
          stop.abort()
          return lists.return()
        },
      }
    },
  }
}

async function* follow(
  { url, intervalMs = 5_000, timeoutMs = 2_000, clock = realClock }: RegistryDiscoveryOptions,
  stopped: AbortSignal,
): AsyncGenerator<EndpointList | Error, void> {
  let etag: string | null = null
  while (!stopped.aborted) {
    try {
      const reply = await fetch(url, {
        headers: etag === null ? {} : { 'if-none-match': etag },
        signal: AbortSignal.any([stopped, AbortSignal.timeout(timeoutMs)]),
      })
      if (reply.status === 200) {
        const { services } = (await reply.json()) as { services: readonly Service[] }
        etag = reply.headers.get('etag')
        yield services.map(({ address, weight, zone }) => ({ url: address, weight, zone }))
      } else {
        await reply.body?.cancel()
        if (reply.status !== 304) yield new Error(`the registry answered with ${reply.status}`)
      }
    } catch (error) {
      if (!stopped.aborted) yield error as Error
    }
    await pause(intervalMs, clock, stopped)
  }
}

/** Resolves after a while, or at once when stopped. */
function pause(ms: number, clock: Clock, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clock.clearTimeout(timer)
      stopped.removeEventListener('abort', done)
      resolve()
    }
    const timer = clock.setTimeout(done, ms)
    stopped.addEventListener('abort', done)
    if (stopped.aborted) done()
  })
}

const registered: Service[] = [{ address: await startService('service-1') }]
const registry = http.createServer((req, res) => {
  const text = JSON.stringify({ services: registered })
  const etag = `"${createHash('sha256').update(text).digest('base64url')}"`
  res.writeHead(req.headers['if-none-match'] === etag ? 304 : 200, { etag, 'content-type': 'application/json' })
  res.end(res.statusCode === 304 ? undefined : text)
})
registry.listen(0, '127.0.0.1')
await once(registry, 'listening')
const { port: registryPort } = registry.address() as AddressInfo

events.on('endpoint', ({ endpoint, change, why }) => console.error(endpoint, change, why))
const pool = createPool({
  name: 'services',
  discovery: registryDiscovery({ url: `http://127.0.0.1:${registryPort}/`, intervalMs: 500 }),
})
const gateway = createGateway({ routes: [{ path: '/**', handler: forward({ pool }) }] })

const server = http.createServer(toNode(gateway))
server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  console.log(`http://127.0.0.1:${port}/hello`)
})
registered.push({ address: await startService('service-2'), weight: 2 })

process.once('SIGTERM', async () => {
  server.close()
  await gateway.close({ graceMs: 5_000 })
  await pool.close()
  registry.close()
})
