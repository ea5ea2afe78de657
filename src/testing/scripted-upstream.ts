import { type AddressInfo, createServer } from 'node:net'
import { eventually } from './eventually.js'
import { ScriptedConnection, type ScriptedRequest, type ScriptStep } from './scripted-connection.js'

export type { ScriptedRequest, ScriptStep } from './scripted-connection.js'
export { ScriptedConnection } from './scripted-connection.js'

/**
 * What to answer. Steps are bytes (string as latin1, Buffer), a number (ms to wait), `'waitBody'` (until the request is complete),
 * `'end'`, `'destroy'`, `'reset'`, `'stall'`, or a function to wait for. A list of steps answers every request; a list of lists
 * answers its first, second, … request, the last one all further; a function is asked, with the request's index on its connection.
 */
export type Script =
  | readonly ScriptStep[]
  | readonly (readonly ScriptStep[])[]
  | ((
      connection: ScriptedConnection,
      requestIndex: number,
      head: ScriptedRequest,
    ) => readonly ScriptStep[] | Promise<readonly ScriptStep[]>)

export interface ScriptedUpstreamOptions {
  /** Where to listen, on 127.0.0.1. @default 0, any free port */
  readonly port?: number | undefined
  /** Listens on a unix socket instead. @default none */
  readonly socketPath?: string | undefined
  /** Whether connections start without reading, so that the peer meets back-pressure. @default false */
  readonly paused?: boolean | undefined
  /** Steps taken when a connection arrives, before any request. @default none */
  readonly greet?: readonly ScriptStep[] | undefined
  /** Whether a connection stays open after the peer's FIN even when its script is over. @default false */
  readonly halfOpen?: boolean | undefined
  /** Bytes to remember per connection and per body; more are counted only. @default Infinity */
  readonly keep?: number | undefined
}

/** A raw upstream: records what arrives byte for byte, and answers by script. */
export interface ScriptedUpstream extends AsyncDisposable {
  /** 0 on a unix socket. */
  readonly port: number
  /** `http://127.0.0.1:port`; `http://localhost` on a unix socket. */
  readonly url: string
  readonly connections: readonly ScriptedConnection[]
  /** Requests over all connections, in order of arrival; each is live until `complete`. */
  readonly requests: readonly ScriptedRequest[]
  /** Connections that neither side has left. */
  openConnections(): number
  /** Waits until `count` requests have arrived (their heads, or with `complete` their bodies too). @throws Error after `timeoutMs` (default 2000). */
  waitForRequests(
    count: number,
    options?: { complete?: boolean; timeoutMs?: number },
  ): Promise<readonly ScriptedRequest[]>
  /** Destroys all connections and stops listening. @throws the first error that the script threw. */
  close(): Promise<void>
}

const OK: Script = ['waitBody', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok']

/**
 * Starts a raw upstream on 127.0.0.1. Without a script it answers every complete request with `200 ok` and keeps the connection.
 * Bytes that are not strictly HTTP/1.1 are recorded, set the connection's `error`, and are not answered.
 *
 * @throws the server's own error if it cannot listen.
 * @example
 * ```ts
 * await using far = await scriptedUpstream(['waitBody', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n', 20, 'ok'])
 * const handler = forward(far.url)
 * ```
 */
export async function scriptedUpstream(
  script: Script = OK,
  options: ScriptedUpstreamOptions = {},
): Promise<ScriptedUpstream> {
  const { port = 0, socketPath, paused = false, greet = [], halfOpen = false, keep = Infinity } = options
  const connections: ScriptedConnection[] = []
  const requests: ScriptedRequest[] = []
  const failures: unknown[] = []
  const fail = (error: unknown): void => {
    failures.push(error)
  }

  const stepsFor = (request: ScriptedRequest, nth: number): readonly ScriptStep[] | Promise<readonly ScriptStep[]> => {
    const { connection } = request
    if (typeof script === 'function') return script(connection, connection.requests.indexOf(request), request)
    const first = script[0]
    return Array.isArray(first)
      ? (script[Math.min(nth, script.length - 1)] as readonly ScriptStep[])
      : (script as ScriptStep[])
  }

  const server = createServer({ allowHalfOpen: true, pauseOnConnect: paused, noDelay: true }, (socket) => {
    const connection: ScriptedConnection = new ScriptedConnection(connections.length, socket, {
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

  const self: ScriptedUpstream = {
    port: actual,
    url: socketPath === undefined ? `http://127.0.0.1:${actual}` : 'http://localhost',
    connections,
    requests,
    openConnections: () => connections.filter(({ closed }) => closed === 'no').length,
    async waitForRequests(count, { complete = false, timeoutMs } = {}) {
      const what = `${count} requests at the upstream`
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
