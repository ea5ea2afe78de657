import { setTimeout as delay } from 'node:timers/promises'
import { shown } from '../../src/testing/wire/error.js'
import { matches, type RawConnection, type RawOpenOptions, type RawPattern, rawOpen } from './raw-open.js'

/** Bytes to send, milliseconds to wait, `'end'` (FIN), `'rst'`, or a function to wait for. To send the word "end", send a Buffer. */
export type RawStep = string | Uint8Array | number | ((connection: RawConnection) => unknown)

export interface RawOptions extends Omit<RawOpenOptions, 'halfOpen'> {
  /** Silence, in ms after the last step, after which a connection counts as 'open'; not used with `until`. @default 250 */
  readonly hold?: number | undefined
  /** Resolves as soon as the text received satisfies it. @default waits for the end or for silence */
  readonly until?: RawPattern | undefined
  /** @default 5000 */
  readonly timeoutMs?: number | undefined
}

export interface RawResult {
  /** All that came, as latin1. */
  readonly text: string
  readonly bytes: Buffer
  /** 'closed': the peer sent a FIN; 'reset': a RST; 'open': neither, and the client left. */
  readonly ended: 'closed' | 'open' | 'reset'
}

/**
 * Sends bytes to a port exactly as given and tells what came back and how the connection ended. A string is sent as latin1;
 * an array is a list of steps. Steps that remain when the connection ends are not taken.
 *
 * @throws the socket's error if it cannot connect; an Error after `timeoutMs`, or whatever a function step throws.
 */
export async function raw(
  port: number,
  bytes: string | Uint8Array | readonly RawStep[],
  options: RawOptions = {},
): Promise<RawResult> {
  const { hold = 250, until, timeoutMs = 5_000, ...open } = options
  const connection = await rawOpen(port, open)
  let silence: NodeJS.Timeout | undefined
  let deadline: NodeJS.Timeout | undefined
  try {
    const ended = await new Promise<RawResult['ended']>((resolve, reject) => {
      let sent = false
      const look = (): void => {
        clearTimeout(silence)
        try {
          if (until !== undefined && matches(until, connection.text)) resolve('open')
        } catch (error) {
          reject(error)
        }
        if (sent && until === undefined && hold < Infinity) silence = setTimeout(resolve, hold, 'open')
      }
      const late = (): void =>
        reject(new Error(`raw: neither closed nor done after ${timeoutMs} ms; received ${shown(connection.bytes)}`))
      deadline = setTimeout(late, timeoutMs)
      connection.onBytes(look)
      connection.closed.then(resolve)
      take(connection, stepsOf(bytes)).then(() => {
        sent = true
        look()
      }, reject)
    })
    return { text: connection.text, bytes: connection.bytes, ended }
  } finally {
    clearTimeout(silence)
    clearTimeout(deadline)
    connection.destroy()
  }
}

function stepsOf(bytes: string | Uint8Array | readonly RawStep[]): readonly RawStep[] {
  if (typeof bytes === 'string') return [Buffer.from(bytes, 'latin1')]
  return bytes instanceof Uint8Array ? [bytes] : bytes
}

async function take(connection: RawConnection, steps: readonly RawStep[]): Promise<void> {
  for (const step of steps) {
    if (connection.ended !== 'open') return
    if (typeof step === 'number') await Promise.race([delay(step, undefined, { ref: false }), connection.closed])
    else if (typeof step === 'function') await step(connection)
    else if (step === 'end') connection.end()
    else if (step === 'rst') connection.reset()
    // A write fails when the connection is gone, which `closed` reports.
    else await connection.write(step).catch(() => connection.closed)
  }
}
