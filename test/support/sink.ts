import { type AddressInfo, createServer } from 'node:net'
import { eventually } from './eventually.js'
import { SinkConnection, type SinkRequest, type SinkStep } from './sink-connection.js'

export type { SinkRequest, SinkStep } from './sink-connection.js'
export { SinkConnection } from './sink-connection.js'

/**
 * What to answer. Steps are bytes (string as latin1, Buffer), a number (ms to wait), `'waitBody'` (until the request is complete),
 * `'end'`, `'destroy'`, `'reset'`, `'stall'`, or a function to wait for. A list of steps answers every request; a list of lists
 * answers the sink's first, second, … request, the last one all further; a function is asked, with the request's index on its connection.
 */
export type SinkScript =
  | readonly SinkStep[]
  | readonly (readonly SinkStep[])[]
  | ((
      connection: SinkConnection,
      requestIndex: number,
      head: SinkRequest,
    ) => readonly SinkStep[] | Promise<readonly SinkStep[]>)

export interface SinkOptions {
  /** @default 0, any free port */
  readonly port?: number | undefined
  /** Listens on a unix socket instead. */
  readonly socketPath?: string | undefined
  /** Whether connections start without reading, so that the peer meets back-pressure. @default false */
  readonly paused?: boolean | undefined
  /** Steps taken when a connection arrives, before any request. @default none */
  readonly greet?: readonly SinkStep[] | undefined
  /** Whether a connection stays open after the peer's FIN even when its script is over. @default false */
  readonly halfOpen?: boolean | undefined
  /** Bytes to remember per connection and per body; more are counted only. @default Infinity */
  readonly keep?: number | undefined
}

/** A raw upstream: records what arrives byte for byte, and answers by script. */
export interface Sink extends AsyncDisposable {
  /** 0 on a unix socket. */
  readonly port: number
  /** `http://127.0.0.1:port`; `http://localhost` on a unix socket. */
  readonly url: string
  readonly connections: readonly SinkConnection[]
  /** Requests over all connections, in order of arrival; each is live until `complete`. */
  readonly requests: readonly SinkRequest[]
  /** Connections that neither side has left. */
  openConnections(): number
  /** Waits until `count` requests have arrived (their heads, or with `complete` their bodies too). @throws Error after `timeoutMs` (default 2000). */
  waitForRequests(count: number, options?: { complete?: boolean; timeoutMs?: number }): Promise<readonly SinkRequest[]>
  /** Destroys all connections and stops listening. @throws the first error that the script threw. */
  close(): Promise<void>
}

const OK: SinkScript = ['waitBody', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok']

/**
 * Starts a raw upstream on 127.0.0.1. Without a script it answers every complete request with `200 ok` and keeps the connection.
 * Bytes that are not strictly HTTP/1.1 are recorded, set the connection's `error`, and are not answered.
 *
 * @throws the server's own error if it cannot listen.
 */
export async function sink(script: SinkScript = OK, options: SinkOptions = {}): Promise<Sink> {
  const { port = 0, socketPath, paused = false, greet = [], halfOpen = false, keep = Infinity } = options
  const connections: SinkConnection[] = []
  const requests: SinkRequest[] = []
  const failures: unknown[] = []
  const fail = (error: unknown): void => {
    failures.push(error)
  }

  const stepsFor = (request: SinkRequest, nth: number): readonly SinkStep[] | Promise<readonly SinkStep[]> => {
    const { connection } = request
    if (typeof script === 'function') return script(connection, connection.requests.indexOf(request), request)
    const first = script[0]
    return Array.isArray(first)
      ? (script[Math.min(nth, script.length - 1)] as readonly SinkStep[])
      : (script as SinkStep[])
  }

  const server = createServer({ allowHalfOpen: true, pauseOnConnect: paused, noDelay: true }, (socket) => {
    const connection: SinkConnection = new SinkConnection(connections.length, socket, {
      keep,
      halfOpen,
      onRequest(request) {
        const nth = requests.push(request) - 1
        connection.play(() => stepsFor(request, nth), request).catch(fail)
      },
    })
    connections.push(connection)
    if (greet.length > 0) connection.play(() => greet).catch(fail)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(socketPath === undefined ? { port, host: '127.0.0.1' } : { path: socketPath }, resolve)
  })
  const actual = socketPath === undefined ? (server.address() as AddressInfo).port : 0

  const self: Sink = {
    port: actual,
    url: socketPath === undefined ? `http://127.0.0.1:${actual}` : 'http://localhost',
    connections,
    requests,
    openConnections: () => connections.filter(({ closed }) => closed === 'no').length,
    async waitForRequests(count, { complete = false, timeoutMs } = {}) {
      const what = `${count} requests at the sink`
      const enough = (): boolean => requests.filter((request) => !complete || request.complete).length >= count
      await eventually(enough, { timeoutMs, what }).catch((error: unknown) => {
        throw new Error(`got ${requests.length} of ${what}`, { cause: error })
      })
      return requests
    },
    async close() {
      const stopped = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const connection of connections) connection.destroy()
      await stopped
      if (failures.length > 0) throw failures.shift()
    },
    [Symbol.asyncDispose]: () => self.close(),
  }
  return self
}
