import type { IncomingMessage } from 'node:http'
import { PassThrough, Readable } from 'node:stream'
import type { StreamBody } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { bodyOf } from '../../../src/serving/request-body.js'
import { turn } from '../feed.js'

const LARGE = 20_000

type Change = (req: Readable) => Readable | undefined

const noChange: Change = () => undefined

/** A request of one chunk, which its reader is done with at once. */
async function spend(change: Change = noChange, chunk = Buffer.alloc(LARGE), later: Change = noChange) {
  const req = new Readable({ read() {} })
  const flow = change(req) ?? req
  const body = bodyOf(req as unknown as IncomingMessage, flow, undefined, () => true) as StreamBody
  let seen: Uint8Array | null = null
  body.attach({
    write(each) {
      seen = each
      body.spent(each)
      return true
    },
    end() {},
    fail() {},
  })
  later(req)
  flow.push(chunk)
  // Whoever listened before may have paused it.
  flow.resume()
  while (seen === null) await turn()
  return seen as Uint8Array
}

/** Puts something in the place of one of Node's functions. */
const inPlaceOf = (name: 'on' | 'emit' | 'push' | 'read'): Change => {
  return (req) => void Object.assign(req, { [name]: (req[name] as () => unknown).bind(req) })
}

describe('the memory of a chunk that is spent', () => {
  it('is given back', async () => {
    expect(await spend()).toHaveLength(0)
  })

  it.each<[string, Change]>([
    ['somebody listens', (req) => void req.on('data', () => {}).pause()],
    ['somebody listens once', (req) => void req.once('data', () => {}).pause()],
    ['somebody reads', (req) => void req.on('readable', () => req.read())],
    ['on is not Node’s', inPlaceOf('on')],
    ['emit is not Node’s', inPlaceOf('emit')],
    ['push is not Node’s', inPlaceOf('push')],
    ['read is not Node’s', inPlaceOf('read')],
    ['the bytes come from elsewhere', () => new PassThrough()],
  ])('is kept where %s', async (_, change) => {
    expect(await spend(change)).toHaveLength(LARGE)
  })

  it.each<[string, Change]>([
    ['somebody listens', (req) => void req.on('data', () => {})],
    ['somebody listens once', (req) => void req.once('data', () => {})],
    ['somebody reads', (req) => void req.on('readable', () => req.read())],
    ['emit is not Node’s', inPlaceOf('emit')],
    ['push is not Node’s', inPlaceOf('push')],
  ])('is kept where %s from later on', async (_, later) => {
    expect(await spend(noChange, Buffer.alloc(LARGE), later)).toHaveLength(LARGE)
  })

  it('is kept where it is part of a larger piece', async () => {
    const memory = new ArrayBuffer(2 * LARGE)
    expect(await spend(noChange, Buffer.from(memory, 0, LARGE))).toHaveLength(LARGE)
    expect(memory.detached).toBe(false)
  })
})

it('text that somebody asked for is bytes again', async () => {
  expect(await spend((req) => void req.setEncoding('hex'), Buffer.from([1, 2, 255]))).toEqual(Buffer.from([1, 2, 255]))
})
