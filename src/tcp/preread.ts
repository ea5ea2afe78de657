import type { Socket } from 'node:net'
import type { Cancel } from '../cancel.js'
import { EdgeError, type EdgeErrorCode } from '../errors.js'
import type { Bytes } from '../options.js'
import type { Parsed } from './parsed.js'

/** A parser of a connection's first bytes, and what to call it when they don't fit. */
export interface Preread<T> {
  readonly parse: (bytes: Buffer) => Parsed<T>
  readonly limit: Bytes
  readonly code: EdgeErrorCode
  readonly what: string
}

/** What they told, and how many of them belong to it. */
export interface Told<T> {
  readonly value: T
  readonly length: number
}

/**
 * Reads the first bytes of a connection until they tell. Those that the parser does not count as its own, and whatever came behind
 * them, are put back, so that the next reader finds the stream as if nobody had looked.
 *
 * @returns A promise that rejects with an {@link EdgeError} of `code` for bytes that don't fit, with the reason of `cancel` if that
 * comes first.
 */
export function preread<T>(socket: Socket, { parse, limit, code, what }: Preread<T>, cancel: Cancel): Promise<Told<T>> {
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0)
    let need = 1
    const stop = (): void => {
      socket.off('readable', look)
      socket.off('end', onEnd)
      cancel.remove(fail)
    }
    const fail = (error: Error): void => {
      stop()
      reject(error)
    }
    const onEnd = (): void => fail(new EdgeError(code, `${what}: the connection ended after ${bytes.length} bytes`))
    const look = (): void => {
      const chunk: Buffer | null = socket.read()
      if (chunk === null) return
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk])
      if (bytes.length < need) return
      // No more than the limit, so that it does not matter how much came at once.
      const parsed = parse(bytes.subarray(0, limit))
      if (parsed.state === 'done') {
        stop()
        // In the same turn as the read: a stream that has said its end takes nothing back.
        if (parsed.length < bytes.length) socket.unshift(bytes.subarray(parsed.length))
        resolve(parsed)
      } else if (parsed.state === 'bad') fail(new EdgeError(code, `${what}: ${parsed.why}`))
      else if (parsed.need > limit) fail(new EdgeError(code, `${what}: longer than ${limit} bytes`))
      else need = parsed.need
    }
    socket.on('readable', look)
    socket.on('end', onEnd)
    cancel.add(fail)
  })
}
