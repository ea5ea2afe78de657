import type { Milliseconds } from '../../options.js'
import type { EncoderStream } from './encoders.js'

/**
 * Makes an encoder give out what it holds once nothing more has come for a while: a stream whose source pauses is seen up to there, and
 * one that flows is not cut into small blocks.
 *
 * @returns To be called after each write.
 */
export function flushWhenIdle(encoder: EncoderStream, flushKind: number, idleMs: Milliseconds): () => void {
  let timer: NodeJS.Timeout | null = null
  const flush = (): void => {
    if (!encoder.writableEnded && !encoder.destroyed) encoder.flush(flushKind)
  }
  encoder.once('close', () => {
    if (timer !== null) clearTimeout(timer)
  })
  return () => {
    if (timer === null) timer = setTimeout(flush, idleMs).unref()
    else timer.refresh()
  }
}
