import { connect as connectTcp, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { shown } from '../../src/testing/wire/error.js'

export interface RawOpenOptions {
  /** @default '127.0.0.1' */
  readonly host?: string | undefined
  /** Speaks TLS; `true` accepts any certificate. @default off */
  readonly tls?: true | ConnectionOptions | undefined
  /** Bytes to remember; more are counted only. @default Infinity */
  readonly keep?: number | undefined
  /** Whether our side stays open after the peer's FIN. @default false */
  readonly halfOpen?: boolean | undefined
}

/** What to wait for in the text received so far. */
export type RawPattern = string | RegExp | ((text: string) => boolean)

/** A live raw connection, for cases that go step by step. It sends what it is given and shows what came: nothing is repaired. */
export interface RawConnection extends AsyncDisposable {
  readonly socket: Socket
  /** What came so far, as latin1. */
  readonly text: string
  readonly bytes: Buffer
  /** Bytes that came so far, remembered or not. */
  readonly received: number
  /** How the peer left: a FIN is 'closed'. Our own `reset()` counts as 'reset', our own `destroy()` as 'closed'. */
  readonly ended: 'open' | 'closed' | 'reset'
  /** Settles, without ever rejecting, when the connection is no longer open. */
  readonly closed: Promise<'closed' | 'reset'>
  /** Sends bytes (a string as latin1); settles when the system took them. @throws Error if the connection is gone. */
  write(bytes: string | Uint8Array): Promise<void>
  /** Waits for a pattern and returns the text. @throws Error when the connection ends first, or after `timeoutMs` (default 2000). */
  waitFor(pattern: RawPattern, timeoutMs?: number): Promise<string>
  /** Calls back on every arrival, until the returned function is called. */
  onBytes(listener: (bytes: Buffer) => void): () => void
  /** Sends a FIN; reading goes on. */
  end(): void
  /** Sends a RST. */
  reset(): void
  destroy(): void
  /** Stops reading, so that the peer meets back-pressure (and its FIN is not seen). */
  pause(): void
  resume(): void
}

/**
 * Opens a raw connection to a port.
 *
 * @throws the socket's own error if it cannot be opened (`ECONNREFUSED`, a TLS failure, …).
 */
export async function rawOpen(port: number, options: RawOpenOptions = {}): Promise<RawConnection> {
  const { host = '127.0.0.1', tls, keep = Infinity, halfOpen = false } = options
  const tcp = connectTcp({ port, host, allowHalfOpen: true, noDelay: true })
  const socket = tls ? connectTls({ ...(tls === true ? { rejectUnauthorized: false } : tls), socket: tcp }) : tcp
  await new Promise<void>((resolve, reject) => {
    // The TCP socket's errors reach a TLS socket laid over it, but not before the handshake began.
    tcp.once('error', reject)
    if (tls) socket.once('error', reject)
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      tcp.off('error', reject)
      socket.off('error', reject)
      if (tls) tcp.on('error', () => {})
      resolve()
    })
  })

  const parts: Buffer[] = []
  const listeners = new Set<(bytes: Buffer) => void>()
  let received = 0
  let ended: RawConnection['ended'] = 'open'
  const { promise: closed, resolve: close } = Promise.withResolvers<'closed' | 'reset'>()
  const finish = (how: 'closed' | 'reset'): void => {
    if (ended !== 'open') return
    ended = how
    close(how)
  }
  socket.on('data', (bytes: Buffer) => {
    if (received < keep) parts.push(bytes.subarray(0, keep - received))
    received += bytes.length
    for (const listener of [...listeners]) listener(bytes)
  })
  socket.on('end', () => {
    finish('closed')
    if (!halfOpen) socket.end()
  })
  socket.on('error', () => finish('reset'))
  socket.on('close', () => finish('closed'))

  const connection: RawConnection = {
    socket,
    get text() {
      return connection.bytes.toString('latin1')
    },
    get bytes() {
      if (parts.length !== 1) parts.splice(0, parts.length, Buffer.concat(parts))
      return parts[0]!
    },
    get received() {
      return received
    },
    get ended() {
      return ended
    },
    closed,
    write: (bytes) =>
      new Promise((resolve, reject) => {
        const data = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
        socket.write(data, (error) => (error ? reject(error) : resolve()))
      }),
    waitFor: (pattern, timeoutMs = 2_000) => waitFor(connection, pattern, timeoutMs),
    onBytes(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    end: () => void socket.end(),
    reset() {
      finish('reset')
      tcp.resetAndDestroy()
      socket.destroy()
    },
    destroy: () => void socket.destroy(),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    async [Symbol.asyncDispose]() {
      socket.destroy()
      await closed
    },
  }
  return connection
}

/** Tells whether the text satisfies the pattern. */
export function matches(pattern: RawPattern, text: string): boolean {
  if (typeof pattern === 'string') return text.includes(pattern)
  if (typeof pattern === 'function') return pattern(text)
  return text.search(pattern) !== -1
}

function waitFor(connection: RawConnection, pattern: RawPattern, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const settle = (problem?: string): void => {
      clearTimeout(timer)
      stop()
      if (problem === undefined) resolve(connection.text)
      else reject(new Error(`${problem} while waiting for ${String(pattern)}; received ${shown(connection.bytes)}`))
    }
    const look = (): void => {
      try {
        if (matches(pattern, connection.text)) settle()
      } catch (error) {
        settle(String(error))
      }
    }
    const timer = setTimeout(() => settle(`${timeoutMs} ms passed`), timeoutMs)
    const stop = connection.onBytes(look)
    look()
    connection.closed.then((how) => settle(how))
  })
}
