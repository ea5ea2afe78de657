import { EventEmitter } from 'node:events'
import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { LineSink, type LogStream } from '../../../../src/observing/log/line-sink.js'
import { turn } from '../../feed.js'

/** A stream that is told when it has room. */
class Slow extends EventEmitter implements LogStream {
  readonly written: string[] = []
  room = true
  destroyed = false
  write(text: string, done?: () => void): boolean {
    this.written.push(text)
    done?.()
    return this.room
  }
  get listeners3(): number {
    return ['drain', 'error', 'close'].reduce((sum, name) => sum + this.listenerCount(name), 0)
  }
}

function sinkOver(stream: LogStream, limit = 100): { sink: LineSink; reports: string[] } {
  const reports: string[] = []
  return { sink: new LineSink(stream, limit, ({ message }) => reports.push(message)), reports }
}

describe('LineSink', () => {
  it('writes the lines of one turn at once', async () => {
    const stream = new Slow()
    const { sink } = sinkOver(stream)
    sink.write('a')
    sink.write('b')
    expect(stream.written).toEqual([])
    await turn()
    sink.write('c')
    await turn()
    expect(stream.written).toEqual(['a\nb\n', 'c\n'])
  })

  it('writes sooner what is too much for one turn', () => {
    const stream = new Slow()
    const { sink } = sinkOver(stream, 10)
    for (const line of ['12345', '67890', 'abcde']) sink.write(line)
    expect([stream.written, sink.dropped]).toEqual([['12345\n', '67890\n'], 0])
  })

  it('H-195 holds a bounded number of lines for a slow stream, counts those it drops, and tells once', async () => {
    const stream = new Slow()
    const { sink, reports } = sinkOver(stream, 20)
    stream.room = false
    sink.write('first')
    await turn()
    for (let at = 0; at < 1_000; at++) sink.write('12345678')
    expect([sink.dropped, reports]).toEqual([998, ['the stream is too slow: records are dropped']])
    stream.room = true
    stream.emit('drain')
    expect(stream.written).toEqual(['first\n', '12345678\n12345678\n'])
    sink.write('after')
    await turn()
    expect(stream.written.at(-1)).toBe('after\n')
    stream.room = false
    sink.write('full')
    await turn()
    for (let at = 0; at < 10; at++) sink.write('12345678')
    expect(reports).toHaveLength(2)
  })

  it('reports what a stream fails with, and drops what comes after its end', async () => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error('disk full')) })
    const { sink, reports } = sinkOver(stream)
    sink.write('a')
    await turn()
    await turn()
    expect(reports).toEqual(['disk full'])
    sink.write('b')
    sink.write('c')
    expect([sink.dropped, reports]).toEqual([2, ['disk full', 'the stream has ended: records are dropped']])
  })

  it('reports a write that throws, and goes on', async () => {
    const stream = new Slow()
    const { sink, reports } = sinkOver(stream)
    const { write } = stream
    stream.write = () => {
      throw new Error('no')
    }
    sink.write('a')
    await turn()
    stream.write = write
    sink.write('b')
    await turn()
    expect([reports, stream.written, sink.dropped]).toEqual([['no'], ['b\n'], 1])
  })

  it('counts what waits when the stream ends', () => {
    const stream = new Slow()
    const { sink, reports } = sinkOver(stream)
    sink.write('a')
    sink.write('b')
    stream.emit('close')
    expect([sink.dropped, reports]).toEqual([2, ['the stream has ended: records are dropped']])
  })

  it('hands on what waits when it closes, leaves the stream open, and no listener on it', async () => {
    const stream = new Slow()
    const { sink } = sinkOver(stream)
    sink.write('a')
    sink.close()
    sink.close()
    sink.write('b')
    await turn()
    await turn()
    expect([stream.written, stream.listeners3, sink.dropped]).toEqual([['a\n'], 0, 1])
  })

  it('hears of an error of its last write, which would end the process', async () => {
    const stream = new Writable({
      write: (_chunk, _encoding, done) => void setImmediate(done, new Error('disk full')),
    })
    const { sink, reports } = sinkOver(stream)
    sink.write('a')
    sink.close()
    await new Promise((resolve) => stream.once('close', resolve))
    await turn()
    expect(reports).toEqual(['disk full'])
    expect(stream.listenerCount('error')).toBe(0)
  })
})
