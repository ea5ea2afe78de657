import { createHash } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { EdgeEvents } from 'edgewise'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eventually, rawOpen, wsClose, wsFrame } from '../../support/index.js'
import { handshake, type WsFront, wsFront } from '../../upgrade/ws-front.js'
import { type RawFar, rawFar, ways } from './far.js'

const KEY = Uint8Array.of(200, 3, 77, 1)
const SIZES = [0, 1, 125, 126, 65_535, 65_536]

/** A tunnel as its two ends hold it, right behind the handshake. */
async function open(front: WsFront, far: RawFar) {
  const client = await rawOpen(front.port, { keep: 4096 })
  await client.write(handshake())
  const upstream = await far.next()
  await client.waitFor('\r\n\r\n')
  return { client, upstream }
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Hashes what comes, from now on; the 101 has been read before. */
function hashing(socket: Duplex) {
  const hash = createHash('sha256')
  const got = { bytes: 0 }
  socket.on('data', (part: Buffer) => {
    hash.update(part)
    got.bytes += part.length
  })
  return { got, digest: () => hash.copy().digest('hex') }
}

/** Writes bytes cut at some places, each part by itself. */
async function send(socket: Duplex, bytes: Buffer, cuts: readonly number[]): Promise<void> {
  const places = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b)
  for (let at = 1; at < places.length; at++) {
    await new Promise((resolve) => socket.write(bytes.subarray(places[at - 1], places[at]), resolve))
    await new Promise(setImmediate)
  }
}

const message = fc.record({
  sizes: fc.array(fc.oneof(fc.constantFrom(...SIZES), fc.nat(2_000)), { minLength: 1, maxLength: 3 }),
  text: fc.boolean(),
  /** Control frames in its midst. */
  controls: fc.array(fc.nat(125), { maxLength: 2 }),
})
const direction = fc.record({
  messages: fc.array(message, { maxLength: 5 }),
  cuts: fc.array(fc.nat(), { maxLength: 12 }),
  code: fc.constantFrom(1000, 1001, 1011, 3000, 4999, undefined),
})
type Direction = (typeof direction extends fc.Arbitrary<infer D> ? D : never)['messages']

function framesOf(messages: Direction, key?: Uint8Array): Buffer[] {
  return messages.flatMap(({ sizes, text, controls }) => {
    const parts = sizes.map((size, at) => {
      const payload = Buffer.alloc(size, size + at)
      return wsFrame({ opcode: at > 0 ? 0 : text ? 1 : 2, payload, final: at === sizes.length - 1, key })
    })
    const extra = controls.map((size, at) => wsFrame({ opcode: 9 + (at % 2), payload: Buffer.alloc(size, at), key }))
    return [...parts.slice(0, 1), ...extra, ...parts.slice(1)]
  })
}

describe.each(ways)('a tunnel to an upstream over %s', (way) => {
  it('H-076 H-078 passes random frames, fragments, control frames among them and close codes byte for byte, and counts them right', async () => {
    await using far = await rawFar(way)
    await using front = await wsFront(far.url, { pool: far.pool })
    const summaries: NonNullable<EdgeEvents['tunnel']['summary']>[] = []
    front.gateway.events.on('tunnel', ({ summary }) => summary !== null && summaries.push(summary))
    await fc.assert(
      fc.asyncProperty(direction, direction, async (up, down) => {
        const { client, upstream } = await open(front, far)
        const [atUpstream, atClient] = [hashing(upstream), hashing(client.socket)]
        const [framesUp, framesDown] = [framesOf(up.messages, KEY), framesOf(down.messages)]
        const bytesUp = Buffer.concat([...framesUp, wsClose(up.code, KEY)])
        const bytesDown = Buffer.concat([...framesDown, wsClose(down.code)])
        await Promise.all([send(client.socket, bytesUp, up.cuts), send(upstream, bytesDown, down.cuts)])
        await eventually(() => atUpstream.got.bytes === bytesUp.length && atClient.got.bytes === bytesDown.length)
        expect([atUpstream.digest(), atClient.digest()]).toEqual([hashOf(bytesUp), hashOf(bytesDown)])
        upstream.end()
        await client.closed
        const { length } = summaries
        await eventually(() => summaries.length > length || front.gateway.traffic.tunnels === 0)
        const summary = summaries.at(-1)!
        expect(summary).toMatchObject({
          frames: { in: framesUp.length + 1, out: framesDown.length + 1 },
          messages: { in: up.messages.length, out: down.messages.length },
          bytes: { in: bytesUp.length, out: bytesDown.length },
        })
        const sent = summary.closedBy === 'client' ? up.code : down.code
        expect(summary.closeCode).toBe(sent ?? 1005)
      }),
      { numRuns: 25 },
    )
  }, 60_000)

  it('H-076 passes bytes alike wherever they are cut', async () => {
    await using far = await rawFar(way)
    await using front = await wsFront(far.url, { pool: far.pool })
    const { client, upstream } = await open(front, far)
    const [atUpstream, atClient] = [hashing(upstream), hashing(client.socket)]
    const sizes = [0, 1, 125, 126]
    const frames = (key?: Uint8Array): Buffer =>
      Buffer.concat(sizes.map((size) => wsFrame({ payload: Buffer.alloc(size, size), key })))
    const [up, down] = [frames(KEY), frames()]
    for (let cut = 1; cut < up.length; cut++) {
      await Promise.all([send(client.socket, up, [cut]), send(upstream, down, [cut])])
    }
    const rounds = up.length - 1
    await eventually(() => atUpstream.got.bytes === rounds * up.length && atClient.got.bytes === rounds * down.length)
    const repeated = (bytes: Buffer): string => hashOf(Buffer.concat(Array<Buffer>(rounds).fill(bytes)))
    expect([atUpstream.digest(), atClient.digest()]).toEqual([repeated(up), repeated(down)])
    const { frames: counted } = front.gateway.traffic.tunnelTotals
    expect(counted).toEqual({ in: rounds * sizes.length, out: rounds * sizes.length })
    client.destroy()
  }, 30_000)
})
