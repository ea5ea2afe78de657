import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { eventually } from '../../src/testing/eventually.js'
import { settingsFrame, takeFrames } from './h2-frames.js'
import { frame, type H2Frame, h2Frame } from './h2-raw.js'

/** What to do about a request: bytes to send, a word, or a function to wait for. */
export type H2Step = Buffer | 'end' | 'reset' | 'destroy' | ((connection: H2SinkConnection) => unknown)

/** Asked when a request's head has come: `nth` counts the requests of all connections from 0. */
export type H2Script = (stream: number, nth: number, connection: H2SinkConnection) => readonly H2Step[]

export interface H2SinkOptions {
  /** SETTINGS of the server by their numbers (RFC 9113 §6.5.2); `null` says nothing at all. @default {} */
  readonly settings?: Readonly<Record<number, number>> | null | undefined
  /** Whether PINGs are answered. @default true */
  readonly pong?: boolean | undefined
  /** Whether a connection stays open after the peer's FIN. @default false */
  readonly halfOpen?: boolean | undefined
  readonly socketPath?: string | undefined
  /** Speaks TLS, and chooses `h2` if that is offered. @default off */
  readonly tls?: TlsOptions | undefined
}

/** One connection to the sink. */
export interface H2SinkConnection {
  readonly index: number
  readonly socket: Socket
  readonly frames: readonly H2Frame[]
  /** Streams that requests have come on. */
  readonly streams: readonly number[]
  /** Settles when the socket is gone. */
  readonly gone: Promise<unknown>
  /** The code a stream was reset with by the peer, if it was. */
  resetOf(stream: number): number | undefined
  send(bytes: Buffer): void
}

/** A raw HTTP/2 upstream: records frames, and answers with whatever a test makes of them. */
export interface H2Sink extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly connections: readonly H2SinkConnection[]
  /** Requests over all connections. */
  readonly requests: number
  openConnections(): number
  /** Waits until so many requests have come. */
  waitForRequests(count: number): Promise<void>
}

const PREFACE = 24
const ACK = 1

export async function h2Sink(script: H2Script = () => [], options: H2SinkOptions = {}): Promise<H2Sink> {
  const { settings: values = {}, pong = true, halfOpen = false, socketPath, tls } = options
  const connections: H2SinkConnection[] = []
  let requests = 0

  const accept = (socket: Socket): void => {
    let rest = Buffer.alloc(0)
    let preface = PREFACE
    const frames: H2Frame[] = []
    const streams: number[] = []
    const connection: H2SinkConnection = {
      index: connections.length,
      socket,
      frames,
      streams,
      gone: new Promise((resolve) => socket.on('close', resolve)),
      resetOf: (stream) =>
        frames.find((each) => each.type === h2Frame.resetStream && each.stream === stream)?.payload.readUInt32BE(0),
      send: (bytes) => void (socket.writable && socket.write(bytes)),
    }
    connections.push(connection)
    const play = async (steps: readonly H2Step[]): Promise<void> => {
      for (const step of steps) {
        if (step === 'end') socket.end()
        else if (step === 'reset') socket.resetAndDestroy()
        else if (step === 'destroy') socket.destroy()
        else if (typeof step === 'function') await step(connection)
        else connection.send(step)
      }
    }
    socket.on('error', () => {})
    if (values !== null) connection.send(settingsFrame(values))
    socket.on('data', (bytes: Buffer) => {
      const skipped = Math.min(preface, bytes.length)
      preface -= skipped
      const taken = takeFrames(Buffer.concat([rest, bytes.subarray(skipped)]))
      rest = taken.rest as typeof rest
      for (const each of taken.frames) {
        frames.push(each)
        if (each.type === h2Frame.settings && (each.flags & ACK) === 0 && values !== null)
          connection.send(frame(h2Frame.settings, ACK, 0, Buffer.alloc(0)))
        if (each.type === h2Frame.ping && (each.flags & ACK) === 0 && pong)
          connection.send(frame(h2Frame.ping, ACK, 0, each.payload))
        if (each.type !== h2Frame.headers || streams.includes(each.stream)) continue
        streams.push(each.stream)
        void play(script(each.stream, requests++, connection))
      }
    })
  }
  const server =
    tls === undefined
      ? createServer({ noDelay: true, allowHalfOpen: halfOpen }, accept)
      : createTlsServer({ ALPNProtocols: ['h2'], ...tls }, accept).on('tlsClientError', () => {})
  await new Promise<void>((resolve) =>
    server.listen(socketPath === undefined ? { port: 0, host: '127.0.0.1' } : { path: socketPath }, resolve),
  )
  const port = socketPath === undefined ? (server.address() as AddressInfo).port : 0
  return {
    port,
    url:
      socketPath === undefined ? `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}` : `unix:${socketPath}`,
    connections,
    get requests() {
      return requests
    },
    openConnections: () => connections.filter(({ socket }) => !socket.destroyed).length,
    async waitForRequests(count) {
      await eventually(() => requests >= count, { what: `${count} requests at the sink` })
    },
    async [Symbol.asyncDispose]() {
      for (const { socket } of connections) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
