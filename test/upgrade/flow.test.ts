import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { eventually, flat, rawOpen, sink } from '../support/index.js'
import { handshake, steady, switching, wsFront } from './ws-front.js'

const MIB = 1 << 20
const PARTS = 256

/** One mebibyte that tells its own number, so that a swap shows. */
function part(at: number): Buffer {
  return Buffer.alloc(MIB, at + 1)
}

function expected(): string {
  const hash = createHash('sha256')
  for (let at = 0; at < PARTS; at++) hash.update(part(at))
  return hash.digest('hex')
}

describe('a tunnel at the pace of its slower side', () => {
  it('H-077 256 MiB of a fast upstream wait for a client that has paused, and arrive intact in flat memory', async () => {
    let sent = 0
    const go = Promise.withResolvers<void>()
    await using far = await sink([
      switching(),
      () => go.promise,
      async (connection) => {
        for (; sent < PARTS; sent++) await connection.write(part(sent))
      },
      'end',
    ])
    await using front = await wsFront(far.url)
    await using client = await rawOpen(front.port, { keep: 2048 })
    await client.write(handshake())
    await client.waitFor('\r\n\r\n')
    const hash = createHash('sha256')
    const { value } = await flat(async () => {
      client.pause()
      go.resolve()
      const held = await steady(() => sent)
      client.onBytes((bytes) => void hash.update(bytes))
      client.resume()
      await client.closed
      return { held }
    })
    expect(value.held).toBeLessThan(64)
    expect(sent).toBe(PARTS)
    expect(hash.digest('hex')).toBe(expected())
  }, 90_000)

  it('H-077 256 MiB of a fast client wait for an upstream that has paused, and arrive intact in flat memory', async () => {
    const hash = createHash('sha256')
    let got = 0
    await using far = await sink([switching(), 'stall'], { keep: 2048 })
    await using front = await wsFront(far.url)
    await using client = await rawOpen(front.port)
    await client.write(handshake())
    await client.waitFor('\r\n\r\n')
    const connection = far.connections[0]!
    const { value } = await flat(async () => {
      connection.pause()
      connection.socket.on('data', (bytes: Buffer) => {
        hash.update(bytes)
        got += bytes.length
      })
      let sent = 0
      const sending = (async () => {
        for (; sent < PARTS; sent++) await client.write(part(sent))
      })()
      const held = await steady(() => sent)
      connection.resume()
      await sending
      await eventually(() => got === PARTS * MIB, { timeoutMs: 30_000 })
      return { held }
    })
    expect(value.held).toBeLessThan(64)
    expect(hash.digest('hex')).toBe(expected())
  }, 90_000)
})
