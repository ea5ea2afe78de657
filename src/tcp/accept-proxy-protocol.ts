import type { Server, Socket } from 'node:net'
import { Server as TlsServer } from 'node:tls'
import { Cancel } from '../cancel.js'
import { EdgeError } from '../errors.js'
import { check, checkOptions, type Milliseconds, optionError } from '../options.js'
import { compileProxied, type ProxyProtocolOptions } from './proxied.js'
import type { ProxyHeader } from './proxy-protocol.js'

export interface AcceptProxyProtocolOptions extends ProxyProtocolOptions {
  /** For the header to come. @default 5000 */
  readonly prereadTimeoutMs?: Milliseconds | undefined
}

/**
 * Lets a `net` or `http` server of yours take connections behind a PROXY protocol header: each socket says as its `remoteAddress` and
 * `remotePort` what the header says, so that whatever asks for the client finds it. What is refused is told as `clientError`, like
 * what is no HTTP; if nobody listens, the connection is closed.
 *
 * Call it when the server's own `connection` listeners are in place: these wait for the header, later ones do not. Not for a
 * TLS server, whose sockets don't ask what they were made of: put the TCP balancer in front.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const server = http.createServer(app)
 * acceptProxyProtocol(server, { from: ['10.0.0.0/8'] })
 * server.listen(3000)
 * ```
 */
export function acceptProxyProtocol(server: Server, options: AcceptProxyProtocolOptions): void {
  const { prereadTimeoutMs = 5_000, ...proxyProtocol } = options
  checkOptions('acceptProxyProtocol', { prereadTimeoutMs }, { prereadTimeoutMs: check.duration })
  if (server instanceof TlsServer)
    throw optionError('acceptProxyProtocol', 'server', server, 'a net or http server, not a TLS one')
  const readProxied = compileProxied(proxyProtocol, 'acceptProxyProtocol')
  const listeners = server.listeners('connection')
  server.removeAllListeners('connection')
  server.on('connection', async (socket: Socket) => {
    const cancel = new Cancel()
    const left = (): void => cancel.abort(new EdgeError('ERR_EDGE_CLIENT_CLOSED', 'the client left'))
    const ignore = (): void => {}
    const timer = setTimeout(() => {
      const late = `the PROXY header did not come within ${prereadTimeoutMs} ms`
      cancel.abort(new EdgeError('ERR_EDGE_REQUEST_TIMEOUT', late))
    }, prereadTimeoutMs)
    socket.on('error', ignore)
    socket.on('close', left)
    try {
      const proxied = await readProxied(socket, socket.remoteAddress ?? '', cancel)
      if (proxied !== null) speakFor(socket, proxied.value)
    } catch (error) {
      if (!server.emit('clientError', error, socket)) socket.destroy()
      return
    } finally {
      clearTimeout(timer)
      socket.off('close', left)
    }
    for (const listener of listeners) listener.call(server, socket)
    socket.off('error', ignore)
  })
}

/** Own properties, in front of those that ask the system. */
function speakFor(socket: Socket, { source }: ProxyHeader): void {
  if (source === null) return
  Object.defineProperties(socket, {
    remoteAddress: { value: source.address },
    remotePort: { value: source.port },
    remoteFamily: { value: source.address.includes(':') ? 'IPv6' : 'IPv4' },
  })
}
