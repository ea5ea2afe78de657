// A transport of your own: requests go to threads of this process, so that heavy work does not hold the others up.
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { isMainThread, MessageChannel, parentPort, threadId, Worker } from 'node:worker_threads'
import {
  bytes,
  changeHeaders,
  createGateway,
  createPool,
  EdgeError,
  type EdgeErrorCode,
  emptyBody,
  forward,
  type HeaderMap,
  leastConnections,
  type Reply,
  StreamBody,
  type Transport,
  toHeaders,
} from 'edgewise'
import { toNode } from 'edgewise/node'

interface WorkerTransportOptions {
  /** What each endpoint's thread runs. */
  readonly file: URL
  /** A longer request is refused with 413. @default 1 MiB */
  readonly maxBodyBytes?: number | undefined
}

/** Sends requests to threads of this process: each endpoint has one. */
function workerTransport({ file, maxBodyBytes = 1_048_576 }: WorkerTransportOptions): Transport {
  return (exchange, attempt) => {
    const { endpoint, progress, timeouts } = attempt
    const thread = endpoint.own(`thread ${file.href}`, () => new Thread(file))
    const { port1: port, port2 } = new MessageChannel()
    const { promise, resolve, reject } = Promise.withResolvers<Reply>()
    let timer: NodeJS.Timeout | undefined
    let over = false

    const wait = (ms: number, code: EdgeErrorCode): void => {
      clearTimeout(timer)
      if (ms > 0) timer = setTimeout(() => end(new EdgeError(code, `nothing from the thread for ${ms} ms`)), ms)
    }
    const flowing = (): void => wait(timeouts.idleMs, 'ERR_EDGE_IDLE_TIMEOUT')
    const body = new StreamBody(
      {
        pause: () => {
          clearTimeout(timer)
          port.postMessage('pause')
        },
        resume: () => {
          flowing()
          port.postMessage('resume')
        },
        cancel: (reason) => end(reason),
      },
      undefined,
    )
    /** Once, whoever finds first that it is over. */
    const end = (error: Error | null): void => {
      if (over) return
      over = true
      clearTimeout(timer)
      port.close()
      thread.done()
      progress.times.lastByteAt = performance.now()
      if (error === null) return body.end()
      reject(error)
      body.fail(error)
    }
    const hear = (message: Message): void => {
      if (over) return
      if (message === null) return end(null)
      flowing()
      if (message instanceof Uint8Array) {
        body.push(message)
        return
      }
      progress.phase = 'replying'
      progress.times.firstByteAt = performance.now()
      const { status } = message
      const bodyless = exchange.method === 'HEAD' || status === 204 || status === 304
      resolve({ status, headers: endToEnd(message.headers), body: bodyless ? emptyBody : body })
      if (bodyless) end(null)
    }
    const send = (worker: Worker, whole: Uint8Array): void => {
      if (over) return
      const { method, wire, headers } = exchange
      port.on('message', hear)
      port.on('close', () => end(new EdgeError('ERR_EDGE_UPSTREAM_RESET', 'the thread has ended')))
      progress.times.connectedAt = performance.now()
      // From here on the request may have been acted upon.
      progress.phase = 'sent-body'
      const href = endpoint.pathPrefix + wire.href
      worker.postMessage({ port: port2, method, href, headers, body: whole }, [port2])
      wait(timeouts.firstByteMs, 'ERR_EDGE_FIRST_BYTE_TIMEOUT')
    }
    const start = async (): Promise<void> => {
      const whole = await bytes(exchange.body, maxBodyBytes)
      progress.phase = 'connecting'
      progress.reusedConnection = thread.running
      wait(timeouts.connectMs, 'ERR_EDGE_CONNECT_TIMEOUT')
      send(await thread.worker(), whole)
    }
    thread.calls++
    attempt.onAbort(end)
    start().catch(end)
    return promise
  }
}

type Message = { readonly status: number; readonly headers: Record<string, string> } | Uint8Array | null

/** An endpoint's thread: started when it is first asked, and again when it has ended. */
class Thread {
  calls = 0
  readonly #file: URL
  #worker: Promise<Worker> | null = null
  #closed = false

  constructor(file: URL) {
    this.#file = file
  }

  get running(): boolean {
    return this.#worker !== null
  }

  /** Resolves when it has said that it is ready. */
  worker(): Promise<Worker> {
    this.#worker ??= new Promise((resolve, reject) => {
      const worker = new Worker(this.#file)
      worker.once('message', () => resolve(worker))
      // Calls hear by their ports. Without a listener it would be an uncaught exception of this process.
      worker.on('error', reject)
      worker.once('exit', () => {
        this.#worker = null
        reject(new Error('the thread has not started'))
      })
    })
    return this.#worker
  }

  done(): void {
    this.calls--
    if (this.#closed) void this.close()
  }

  /** With its endpoint: now if it is idle, else behind the last call. */
  async close(): Promise<void> {
    this.#closed = true
    if (this.calls > 0) return
    const worker = await this.#worker?.catch(() => null)
    await worker?.terminate()
  }
}

/** What no reply may bring from one hop to the next. */
const OF_THIS_HOP: HeaderMap = {
  connection: undefined,
  'keep-alive': undefined,
  'proxy-authenticate': undefined,
  te: undefined,
  trailer: undefined,
  'transfer-encoding': undefined,
  upgrade: undefined,
}

function endToEnd(headers: Record<string, string>): HeaderMap {
  return changeHeaders(toHeaders(headers), OF_THIS_HOP)
}

if (isMainThread) await lead()
else work()

async function lead(): Promise<void> {
  const pool = createPool({
    name: 'render',
    endpoints: ['http://thread-1', 'http://thread-2'],
    balancer: leastConnections(),
    maxConnections: 1,
  })
  const handler = forward({ pool, transport: workerTransport({ file: new URL(import.meta.url) }) })
  const gateway = createGateway({ routes: [{ path: '/**', handler }] })
  const server = http.createServer(toNode(gateway))
  server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo
    console.log(`http://127.0.0.1:${port}/primes`)
  })
  process.once('SIGTERM', async () => {
    server.close()
    await gateway.close({ graceMs: 5_000 })
    await pool.close()
  })
}

/** Finds primes, which takes a while, and sends them a thousand at a time; not on while nobody reads. */
function work(): void {
  parentPort!.on('message', async ({ port }) => {
    let room = Promise.withResolvers<void>()
    room.resolve()
    port.on('message', (message: 'pause' | 'resume') => {
      if (message === 'resume') room.resolve()
      else room = Promise.withResolvers()
    })
    let gone = false
    port.on('close', () => {
      gone = true
      room.resolve()
    })
    port.postMessage({ status: 200, headers: { 'content-type': 'text/plain', 'x-thread': String(threadId) } })
    for (let from = 1; from < 100_000 && !gone; from += 1_000) {
      port.postMessage(
        new TextEncoder().encode(
          primes(from, from + 1_000)
            .join('\n')
            .concat('\n'),
        ),
      )
      await new Promise((resolve) => setImmediate(resolve))
      await room.promise
    }
    port.postMessage(null)
  })
  parentPort!.postMessage('ready')
}

function primes(from: number, to: number): number[] {
  const found: number[] = []
  for (let number = Math.max(2, from); number < to; number++) {
    let divisor = 2
    while (divisor * divisor <= number && number % divisor !== 0) divisor++
    if (divisor * divisor > number) found.push(number)
  }
  return found
}
