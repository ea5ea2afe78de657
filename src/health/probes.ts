import http from 'node:http'
import https from 'node:https'
import net, { type LookupFunction } from 'node:net'
import { type Check, check, checkOptions } from '../options.js'
import type { Endpoint } from '../upstream/endpoint.js'
import type { Probe } from './monitor-options.js'

/** What a TCP probe needs to know. */
export interface TcpAddress {
  readonly hostname: string
  readonly port: number
  readonly socketPath?: string | null
  /** How names are resolved, where not by Node; a pool's endpoints have it. */
  readonly connect?: { readonly lookup: LookupFunction | undefined }
}

/**
 * Well if a connection comes up.
 *
 * @example
 * ```ts
 * const pool = createPool({ name: 'db', endpoints: ['tcp://10.0.0.5:5432'], health: { active: { probe: tcpProbe() } } })
 * ```
 */
export function tcpProbe(): Probe<TcpAddress> {
  return ({ hostname, port, socketPath, connect }, signal) => {
    const to = typeof socketPath === 'string' ? { path: socketPath } : { host: hostname, port, lookup: connect?.lookup }
    return comesUp(net.connect(to), 'connect', signal)
  }
}

/** Whether a socket gets as far as `event`; then it is left. */
export function comesUp(socket: net.Socket, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const leave = (): void => void socket.destroy()
    signal.addEventListener('abort', leave, { once: true })
    socket.once(event, () => {
      resolve(true)
      leave()
    })
    socket.once('error', reject)
    socket.once('close', () => {
      signal.removeEventListener('abort', leave)
      resolve(false)
    })
  })
}

export interface HttpProbeOptions {
  /** What is asked for, below the endpoint's own path. @default '/' */
  readonly path?: string | undefined
  /** How it is asked for; of a HEAD no body comes. @default 'GET' */
  readonly method?: 'GET' | 'HEAD' | 'OPTIONS' | undefined
  /** Host field. @default the endpoint's own */
  readonly host?: string | undefined
  /** Statuses that mean well, as `[200, 204]` or a test. A redirect does not (H-108). @default 200 to 299 */
  readonly status?: readonly number[] | ((status: number) => boolean) | undefined
  /** Fields that the reply must have: the whole value, or a pattern that occurs in it. @default none */
  readonly headers?: Readonly<Record<string, string | RegExp>> | undefined
  /** Must occur in the first 64 KiB of the body. @default none, and it is not read */
  readonly body?: string | RegExp | undefined
}

const BODY_LIMIT = 64 * 1024

/** The option checks that pools and probes share. */
export const probeChecks: Readonly<Record<keyof HttpProbeOptions, Check>> = {
  path: (value) =>
    typeof value === 'string' && value.startsWith('/') && !/[\s#]/.test(value)
      ? undefined
      : 'a path that starts with /',
  method: check.oneOf('GET', 'HEAD', 'OPTIONS'),
  host: check.string,
  status: check.either(check.array, check.function),
  headers: (value) =>
    check.object(value) === undefined && Object.values(value as object).every(isText)
      ? undefined
      : 'an object of strings and regular expressions',
  body: (value) => (isText(value) ? undefined : 'a string or a regular expression'),
}

function isText(value: unknown): value is string | RegExp {
  return typeof value === 'string' || value instanceof RegExp
}

/** `search`, as `test` would go on where a /g expression last stopped. */
function occurs(expected: RegExp, text: string): boolean {
  return text.search(expected) !== -1
}

/**
 * Well if a request is answered as expected. Each probe has a connection of its own, so that it never waits behind traffic.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const probe = httpProbe({ path: '/ready', body: 'ok' })
 * const monitor = createHealthMonitor({ probe, onChange: (endpoint, healthy) => console.log(endpoint.name, healthy) })
 * for (const endpoint of pool.endpoints) monitor.add(endpoint)
 * ```
 */
export function httpProbe(options: HttpProbeOptions = {}): Probe<Endpoint> {
  checkOptions('httpProbe', options, probeChecks)
  const { path = '/', method = 'GET', host, status, headers = {}, body } = options
  const fields = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const)
  const isExpected =
    typeof status === 'function'
      ? status
      : (code: number) => (status === undefined ? code >= 200 && code < 300 : status.includes(code))
  const hasFields = (given: http.IncomingHttpHeaders): boolean =>
    fields.every(([name, expected]) => {
      const value = [given[name] ?? []].flat().join(', ')
      return given[name] !== undefined && (typeof expected === 'string' ? value === expected : occurs(expected, value))
    })
  return (endpoint, signal) =>
    new Promise((resolve, reject) => {
      const { tls, lookup } = endpoint.connect
      const request = (endpoint.protocol === 'https' ? https : http).request({
        ...(endpoint.socketPath === null
          ? { host: endpoint.hostname, port: endpoint.port, lookup }
          : { socketPath: endpoint.socketPath }),
        ...(endpoint.protocol === 'https'
          ? { ...tls, servername: endpoint.servername, rejectUnauthorized: tls.rejectUnauthorized ?? true }
          : {}),
        method,
        path: endpoint.pathPrefix + path,
        headers: { host: host ?? endpoint.host, 'user-agent': 'edgewise-probe', connection: 'close' },
        agent: false,
        signal,
      } as https.RequestOptions)
      request.on('error', reject)
      request.on('response', (response) => {
        const chunks: Buffer[] = []
        let size = 0
        const judge = (): void => {
          const text = body === undefined ? '' : Buffer.concat(chunks).toString()
          resolve(
            isExpected(response.statusCode ?? 0) &&
              hasFields(response.headers) &&
              (body === undefined || (typeof body === 'string' ? text.includes(body) : occurs(body, text))),
          )
          request.destroy()
        }
        response.on('error', reject)
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk)
          size += chunk.length
          if (size >= BODY_LIMIT) judge()
        })
        response.on('end', judge)
        if (body === undefined) judge()
      })
      request.end()
    })
}
