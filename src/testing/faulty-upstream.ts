import { connect } from 'node:net'
import { type Blackhole, blackhole } from './blackhole.js'
import { type ScriptedUpstream, type ScriptStep, scriptedUpstream } from './scripted-upstream.js'

/**
 * - `refuse`: nobody listens on the port, and nobody else can take it meanwhile.
 * - `reset-at`, `end-at`: sends the first `at` bytes of the reply, then a RST or a FIN.
 * - `stall`: takes the request and never replies.
 * - `drip`: sends the reply one byte at a time.
 * - `garbage`: replies with what is no HTTP.
 * - `half-open`: replies once, then resets when the connection's second request arrives.
 * - `blackhole`: connecting never completes (Linux; see {@link blackhole}).
 */
export type Fault = 'refuse' | 'reset-at' | 'end-at' | 'stall' | 'drip' | 'garbage' | 'half-open' | 'blackhole'

export interface FaultOptions {
  /** Bytes of the reply that are sent before the end. @default half of it */
  readonly at?: number | undefined
  /** The whole reply. @default 200 with 100 bytes of body; of 'garbage': an SSH banner */
  readonly reply?: string | Uint8Array | undefined
  /** Time between two bytes of 'drip'. @default 5 */
  readonly everyMs?: number | undefined
}

/** What {@link faultyUpstream} starts. */
export interface FaultyUpstream extends AsyncDisposable {
  readonly kind: Fault
  readonly port: number
  readonly url: string
  /** What it received; undefined for 'refuse' and 'blackhole', which receive nothing. */
  readonly sink: ScriptedUpstream | undefined
  /** Frees the port; throws what went wrong in its script. */
  close(): Promise<void>
}

const REPLY = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\n${'x'.repeat(100)}`

/**
 * Starts an upstream on 127.0.0.1 that fails in one well-known way.
 *
 * @throws Error if it cannot be set up.
 * @example
 * ```ts
 * await using far = await faultyUpstream('reset-at', { at: 60 })
 * const handler = forward(far.url)
 * ```
 */
export async function faultyUpstream(kind: Fault, options: FaultOptions = {}): Promise<FaultyUpstream> {
  if (kind === 'refuse') return wrap(kind, await refusingPort())
  if (kind === 'blackhole') return wrap(kind, await blackhole())
  const far = await scriptedUpstream(scriptOf(kind, options))
  return wrap(kind, far, far)
}

function wrap(kind: Fault, far: Blackhole, recording?: ScriptedUpstream): FaultyUpstream {
  const close = (): Promise<void> => far.close()
  return {
    kind,
    port: far.port,
    url: `http://127.0.0.1:${far.port}`,
    sink: recording,
    close,
    [Symbol.asyncDispose]: close,
  }
}

function scriptOf(
  kind: Exclude<Fault, 'refuse' | 'blackhole'>,
  options: FaultOptions,
): Parameters<typeof scriptedUpstream>[0] {
  const { reply = kind === 'garbage' ? 'SSH-2.0-OpenSSH_9.2p1\r\n' : REPLY, everyMs = 5 } = options
  const bytes = typeof reply === 'string' ? Buffer.from(reply, 'latin1') : reply
  const part = bytes.subarray(0, options.at ?? bytes.length >> 1)
  switch (kind) {
    case 'reset-at':
      return ['waitBody', part, 'reset']
    case 'end-at':
      return ['waitBody', part, 'end']
    case 'stall':
      return ['stall']
    case 'drip':
      return ['waitBody', ...Array.from(bytes, (byte): ScriptStep[] => [Buffer.of(byte), everyMs]).flat()]
    case 'garbage':
      return ['waitBody', bytes]
    case 'half-open':
      return (_connection, requestIndex) => (requestIndex === 0 ? ['waitBody', bytes] : ['reset'])
  }
}

/** A port on which every connect is refused: it belongs to the near end of a connection of our own, so nobody can listen on it. */
async function refusingPort(): Promise<Blackhole> {
  const anchor = await scriptedUpstream(['stall'])
  const holder = connect(anchor.port, '127.0.0.1')
  await new Promise<void>((resolve, reject) => holder.once('connect', resolve).once('error', reject))
  holder.on('error', () => {})
  const close = async (): Promise<void> => {
    holder.destroy()
    await anchor.close()
  }
  return { port: holder.localPort!, close, [Symbol.asyncDispose]: close }
}
