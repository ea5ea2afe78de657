import { connect, type Socket } from 'node:net'
import type { Cancel } from '../cancel.js'
import { EdgeError, errorCode } from '../errors.js'
import { type Milliseconds, optionError } from '../options.js'
import type { Endpoint } from '../upstream/endpoint.js'

/** What this machine is out of, whichever endpoint was asked for. */
const OURS: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL'])

/** @throws {@link EdgeError} `ERR_EDGE_OPTION` for an endpoint that wants to be spoken to, not only connected to. */
export function checkTcpEndpoint({ protocol, name, pathPrefix }: Endpoint): void {
  if (protocol === 'tcp' || (protocol === 'unix' && pathPrefix === '')) return
  throw optionError('createTcpBalancer', 'endpoints', name, 'tcp://host:port, or unix:/path')
}

/**
 * Connects to an endpoint.
 *
 * @returns A promise that rejects with `ERR_EDGE_CONNECT` or `ERR_EDGE_CONNECT_TIMEOUT`, or with the reason of `cancel`.
 */
export function connectTo(endpoint: Endpoint, timeoutMs: Milliseconds, cancel: Cancel): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const { socketPath, hostname, port } = endpoint
    const socket = connect({
      ...(socketPath === null ? { host: hostname, port, lookup: endpoint.connect.lookup } : { path: socketPath }),
      allowHalfOpen: true,
      noDelay: true,
    } as Parameters<typeof connect>[0] & object)
    const stop = (): void => {
      clearTimeout(timer)
      cancel.remove(fail)
    }
    const fail = (error: Error): void => {
      stop()
      socket.destroy()
      reject(error)
    }
    const timer = setTimeout(
      () => fail(new EdgeError('ERR_EDGE_CONNECT_TIMEOUT', `no connection within ${timeoutMs} ms`)),
      timeoutMs,
    )
    // Never taken off: an error between this and whoever is next to listen would end the process.
    socket.on('error', (error) => {
      const code = errorCode(error)
      const timedOut = code === 'ETIMEDOUT'
      fail(
        timedOut
          ? new EdgeError('ERR_EDGE_CONNECT_TIMEOUT', 'connection attempt timed out', { cause: error })
          : new EdgeError('ERR_EDGE_CONNECT', `no connection to the upstream (${code})`, { cause: error }),
      )
    })
    socket.once('connect', () => {
      stop()
      resolve(socket)
    })
    cancel.add(fail)
  })
}

/** Whether a failure to connect is the endpoint's. */
export function isEndpointsFault(error: EdgeError): boolean {
  return error.retryable && !OURS.has(errorCode(error.cause))
}
