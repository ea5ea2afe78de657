import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2'
import { type ClientOptions, WebSocket } from 'ws'

/** What `ws` does when a handshake is done; not in its types. */
interface OpenWebSocket {
  _isServer: boolean
  setSocket(socket: ClientHttp2Stream, head: Buffer, options: object): void
}

/** Begins a WebSocket handshake over HTTP/2 (RFC 8441), once the server has said that it takes such. */
export async function h2Handshake(
  session: ClientHttp2Session,
  path: string,
  fields: OutgoingHttpHeaders = {},
): Promise<ClientHttp2Stream> {
  if (!session.remoteSettings?.enableConnectProtocol)
    await new Promise<void>((resolve) => session.once('remoteSettings', () => resolve()))
  const stream = session.request({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': 'http',
    ':path': path,
    ':authority': 'a.test',
    'sec-websocket-version': '13',
    ...fields,
  })
  stream.on('error', () => {})
  return stream
}

/** A WebSocket on an HTTP/2 stream: `ws` does all of it but the handshake. @throws Error with the status of a refusal. */
export async function h2WebSocket(
  session: ClientHttp2Session,
  path: string,
  fields: OutgoingHttpHeaders = {},
): Promise<WebSocket> {
  const stream = await h2Handshake(session, path, fields)
  const status = await statusOf(stream)
  if (status !== 200) throw new Error(`handshake answered with ${status}`)
  // Without its default, which only a handshake of its own sets, `ws` breaks the stream off a millisecond after it has begun to close.
  const options: ClientOptions & { readonly closeTimeout: number } = { closeTimeout: 30_000 }
  const socket = new WebSocket(null as never, undefined, options)
  const opened = socket as unknown as OpenWebSocket
  // Made for the server's side; a client masks its frames.
  opened._isServer = false
  opened.setSocket(stream, Buffer.alloc(0), { allowSynchronousEvents: true, maxPayload: 0, skipUTF8Validation: false })
  socket.on('error', () => {})
  return socket
}

/** @throws Error when the stream closes without a reply. */
export function statusOf(stream: ClientHttp2Stream): Promise<number> {
  return new Promise((resolve, reject) => {
    stream.once('response', (fields) => resolve(Number(fields[':status'])))
    stream.once('close', () => reject(new Error(`no reply; reset with ${stream.rstCode}`)))
  })
}
