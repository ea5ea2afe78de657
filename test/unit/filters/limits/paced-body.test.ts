import { type BodySink, bytesBody, EdgeError, StreamBody } from 'edgewise'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PacedBody } from '../../../../src/filters/limits/paced-body.js'
import { TokenBucket } from '../../../../src/filters/limits/token-bucket.js'
import { type FakeClock, fakeClock } from '../../../support/index.js'

const clockOf = (clock: FakeClock) => ({
  now: clock.now,
  timers: { setTimeout: clock.setTimeout, clearTimeout: (timer: unknown) => clock.clearTimeout(timer as never) },
})

/** A source that counts, and a sink that may be slow. */
function paced(clock: FakeClock, rate: number, burst: number, quantum: number) {
  const calls: string[] = []
  const source = new StreamBody(
    { pause: () => calls.push('pause'), resume: () => calls.push('resume'), cancel: () => calls.push('cancel') },
    undefined,
  )
  const bucket = new TokenBucket(rate, burst, clock.now())
  const { body } = new PacedBody(source, bucket, quantum, clockOf(clock))
  const got: [at: number, size: number][] = []
  const text: Buffer[] = []
  let ended: Error | true | null = null
  const sink: BodySink = {
    write: (chunk) => {
      got.push([clock.now(), chunk.byteLength])
      text.push(Buffer.from(chunk))
      return true
    },
    end: () => {
      ended = true
    },
    fail: (error) => {
      ended = error
    },
  }
  return { source, body, sink, got, calls, text: () => Buffer.concat(text).toString('latin1'), ended: () => ended }
}

describe('a paced body', () => {
  it('lets a burst through at once and the rest at the rate, in order, and ends', async () => {
    const clock = fakeClock()
    const { source, body, sink, got, text, ended } = paced(clock, 1_000, 200, 100)
    body.attach(sink)
    source.push(Buffer.from('a'.repeat(250)))
    source.push(Buffer.from('b'.repeat(250)))
    source.end()
    expect(got).toEqual([
      [0, 100],
      [0, 100],
    ])
    await clock.advance(299)
    expect(ended()).toBe(null)
    await clock.advance(2)
    expect([text(), ended(), clock.pending]).toEqual(['a'.repeat(250) + 'b'.repeat(250), true, 0])
  })

  it('never exceeds rate × time + burst, whatever comes when, and loses nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 60 })), { maxLength: 12 }),
        fc.integer({ min: 50, max: 5_000 }),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 50 }),
        async (chunks, rate, burst, most) => {
          const clock = fakeClock()
          const { source, body, sink, got, text, ended } = paced(clock, rate, burst, Math.min(burst, most))
          body.attach(sink)
          let sent = ''
          for (const [pause, size] of chunks) {
            await clock.advance(pause)
            const letter = String.fromCharCode(97 + (sent.length % 26))
            sent += letter.repeat(size)
            source.push(Buffer.from(letter.repeat(size)))
          }
          source.end()
          for (let at = 0; ended() === null && at < 30; at++) await clock.advance(1_000)
          expect([text() === sent, ended(), clock.pending]).toEqual([true, true, 0])
          for (const [at, [start]] of got.entries()) {
            let sum = 0
            for (const [time, size] of got.slice(at)) {
              sum += size
              expect(sum).toBeLessThanOrEqual(((time - start) * rate) / 1000 + burst + 1e-6)
            }
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('holds its source back while bytes wait here, and lets it go on when they have left', async () => {
    const clock = fakeClock()
    const { source, body, sink, calls } = paced(clock, 1_000, 100, 100)
    body.attach(sink)
    source.push(Buffer.alloc(100))
    expect(calls).toEqual([])
    source.push(Buffer.alloc(100))
    expect(calls).toEqual(['pause'])
    await clock.advance(100)
    expect(calls).toEqual(['pause', 'resume'])
  })

  it('waits for a slow reader without asking for more', async () => {
    const clock = fakeClock()
    const { source, body, sink, got, calls, ended } = paced(clock, 1_000, 100, 100)
    body.attach({ ...sink, write: (chunk) => sink.write(chunk) && false })
    source.push(Buffer.alloc(150))
    source.end()
    await clock.advance(10_000)
    expect([got.length, clock.pending, calls]).toEqual([1, 0, ['pause']])
    body.resume()
    expect([got.length, ended()]).toEqual([2, true])
  })

  it('passes failures and cancellation on, and leaves no timer', async () => {
    const clock = fakeClock()
    const failing = paced(clock, 1_000, 1, 1)
    failing.body.attach(failing.sink)
    failing.source.push(Buffer.alloc(10))
    expect(clock.pending).toBe(1)
    const error = new EdgeError('ERR_EDGE_UPSTREAM_RESET', 'x')
    failing.source.fail(error)
    expect([failing.ended(), clock.pending]).toEqual([error, 0])
    const cancelled = paced(clock, 1_000, 1, 1)
    cancelled.body.attach(cancelled.sink)
    cancelled.source.push(Buffer.alloc(10))
    cancelled.body.cancel(error)
    expect([cancelled.calls.at(-1), clock.pending]).toEqual(['cancel', 0])
  })

  it('reads nothing before somebody reads it', () => {
    const clock = fakeClock()
    const { source, body } = paced(clock, 1_000, 1, 1)
    expect([source.untouched, body.untouched]).toEqual([true, true])
  })

  it('paces bytes that are there, too', async () => {
    const clock = fakeClock()
    const { sink, got, ended } = paced(clock, 1, 1, 1)
    const whole = bytesBody('x'.repeat(300))
    const { body } = new PacedBody(whole as never, new TokenBucket(1_000, 100, 0), 100, clockOf(clock))
    expect(body.length).toBe(300)
    body.attach(sink)
    await clock.advance(199)
    expect([got, ended()]).toEqual([
      [
        [0, 100],
        [100, 100],
      ],
      null,
    ])
    await clock.advance(1)
    expect([got.length, ended()]).toEqual([3, true])
  })
})
