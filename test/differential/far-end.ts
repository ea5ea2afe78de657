import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { MessageReader } from '../../src/testing/wire/reader.js'
import { strictRequest, type WireError, type WireRequest } from '../support/index.js'

/** A message that a proxy sent, by the address of the client whose bytes it is of. */
export interface Arrival {
  readonly client: string
  /** Unique within the far end; its reply carries it. */
  readonly id: number
  /** `null` for a head that is not strictly HTTP/1.1. */
  readonly message: WireRequest | null
  /** The head as it came, of one that is not. */
  readonly text: string
  /** What is wrong with it, or with the bytes in its place. */
  error: WireError | undefined
  /** Whether its connection ended within it. */
  cut: boolean
}

export interface FarEnd extends AsyncDisposable {
  readonly port: number
  /** Takes what has come of one client's bytes. */
  take(client: string): Arrival[]
  /** What nobody has taken: it came late, or of what no client sent. */
  rest(): Arrival[]
}

/** Names the client in every message: the proxies write it, whatever the client said there. */
export const CLIENT_FIELD = 'x-forwarded-for'
/** Whose messages are nobody's case. */
export const PROBE_ADDRESS = '127.0.0.1'

/**
 * The upstream of one proxy: reads each connection strictly, to its last byte, answers each message, and records it under its client.
 */
export async function farEnd(): Promise<FarEnd> {
  const arrivals = new Map<string, Arrival[]>()
  const sockets = new Set<Socket>()
  let last = 0

  const record = (client: string | undefined, message: WireRequest | null, bytes: Buffer): Arrival => {
    const arrival = { client: client ?? '', id: ++last, message, text: '', error: undefined, cut: false }
    const made: Arrival = message === null ? { ...arrival, text: bytes.toString('latin1', 0, 65_536) } : arrival
    if (client !== PROBE_ADDRESS) arrivals.set(made.client, [...(arrivals.get(made.client) ?? []), made])
    return made
  }

  let closing = false
  const server = createServer((socket) => {
    if (closing) return void socket.destroy()
    sockets.add(socket)
    let current: Arrival | undefined
    const reader = new MessageReader<WireRequest>({
      create: strictRequest,
      onHead: (message) => {
        current = record(message.header(CLIENT_FIELD), message, Buffer.from(`${message.method} ${message.target}`))
      },
      onEnd: (message) => {
        socket.write(replyTo(message, current!.id))
        current = undefined
        reader.messages.length = 0
      },
    })
    socket.on('data', (chunk) => {
      reader.push(chunk)
      if (reader.error === undefined) return
      const { error } = reader
      const arrival = current ?? record(clientIn(error.bytes), null, error.bytes)
      arrival.error = error
      current = undefined
      socket.end('HTTP/1.1 400 Bad Request\r\nx-far: 0\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
      socket.removeAllListeners('data').resume()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      sockets.delete(socket)
      if (current !== undefined) current.cut = true
      else if (reader.error === undefined && reader.leftover.length > 0)
        record(clientIn(reader.leftover), null, reader.leftover).cut = true
    })
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    rest: () => [...arrivals.values()].flat(),
    take(client) {
      const found = arrivals.get(client) ?? []
      arrivals.delete(client)
      return found
    },
    async [Symbol.asyncDispose]() {
      closing = true
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** Its fields tell the client which message it answers, and how the reply is framed. */
function replyTo({ method }: WireRequest, id: number): string {
  return `HTTP/1.1 200 OK\r\nx-far: ${id}\r\nx-method: ${method}\r\ncontent-length: 2\r\n\r\n${method === 'HEAD' ? '' : 'ok'}`
}

/** Whose a message is that can't be read: the proxy's own field is the last of that name. */
function clientIn(bytes: Buffer): string | undefined {
  return [...bytes.toString('latin1').matchAll(/^x-forwarded-for: *(127\.[0-9.]+)\r?$/gim)].at(-1)?.[1]
}
