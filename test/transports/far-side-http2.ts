import {
  constants,
  createSecureServer,
  createServer,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { http2 } from 'edgewise'
import { certificates } from '../support/index.js'
import type { Answer, Far, FarSide, Subject } from './far-side.js'

/** The contract over cleartext with prior knowledge, and over TLS by ALPN. */
export const http2Subjects: readonly Subject[] = [
  { name: 'http2 h2c', transport: http2, far: (far) => overHttp2(far, false), network: null },
  { name: 'http2 TLS', transport: http2, far: (far) => overHttp2(far, true), network: null },
]

/** A far side on Node's HTTP/2 server, on its streams: its compatibility layer hides resets. */
async function overHttp2(far: Far, secure: boolean): Promise<FarSide> {
  const tls = certificates()
  const server = secure ? createSecureServer(tls) : createServer()
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', (session: ServerHttp2Session) => {
    sessions.add(session)
    session.on('close', () => sessions.delete(session))
  })
  server.on('sessionError', () => {})
  server.on('stream', async (stream: ServerHttp2Stream, headers) => {
    const body = requestBody(stream)
    const gone = new Promise((resolve) => stream.on('close', resolve))
    const { ':method': method = '', ':path': path = '' } = headers
    const answer = await far({ method, path, headers, body, gone })
    if (!stream.destroyed && !stream.closed) await respond(stream, answer)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    endpoint: { url: `${secure ? 'https' : 'http'}://127.0.0.1:${port}` },
    ...(secure ? { tls: { ca: tls.ca } } : {}),
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The request's body; what is cut off fails, as it must not look whole. */
function requestBody(stream: ServerHttp2Stream): Readable {
  const body = new Readable({ read: () => stream.resume() })
  stream.on('data', (piece) => {
    if (!body.push(piece)) stream.pause()
  })
  stream.on('end', () => {
    if (!stream.aborted) body.push(null)
  })
  stream.on('error', () => {})
  stream.on('aborted', () => body.on('error', () => {}).destroy(new Error('aborted')))
  return body
}

async function respond(stream: ServerHttp2Stream, answer: Answer): Promise<void> {
  const { status = 200, headers = {}, body = '', trailers } = answer
  const ended = body === '' && trailers === undefined
  stream.respond(
    { ':status': status, ...(headers as Record<string, string | string[]>) },
    { endStream: ended, waitForTrailers: trailers !== undefined },
  )
  if (trailers !== undefined) stream.on('wantTrailers', () => stream.sendTrailers(trailers))
  if (ended) return
  if (body instanceof Readable) await pipeline(body, stream).catch(() => stream.close(constants.NGHTTP2_INTERNAL_ERROR))
  else stream.end(body)
}
