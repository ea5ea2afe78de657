import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { TunnelBook } from '../../../src/tunnels.js'
import { readWsFrames, wsClose, wsFrame } from '../../support/ws-frames.js'
import { joined, settled } from './tunnel-kit.js'

const KEY = Uint8Array.of(1, 2, 3, 4)
const code = (payload: Buffer): number => payload.readUInt16BE(0)

/** Runs on a clock of its own; streams in memory move by ticks and immediates, which stay real. */
async function withTimers(run: () => Promise<void>): Promise<void> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
  try {
    await run()
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
}

/** Lets a tunnel go when that much of the upstream's frames has come, and checks what its client sees. */
async function drainAt(stream: Buffer, cut: number): Promise<void> {
  const { tunnel, client, upstream, summary } = joined()
  if (cut > 0) upstream.socket.write(stream.subarray(0, cut))
  await settled()
  tunnel.end('drain')
  if (cut < stream.length) upstream.socket.write(stream.subarray(cut))
  await settled()
  const { frames, rest } = readWsFrames(client.bytes)
  const last = frames.at(-1)!
  expect([last.opcode, code(last.payload), rest]).toEqual([8, 1001, 0])
  const passed = client.bytes.length - 2 - last.payload.length
  expect(stream.subarray(0, passed).equals(client.bytes.subarray(0, passed))).toBe(true)
  // No frame that had begun is missing, and none that had not is there.
  const begun = readWsFrames(stream.subarray(0, cut))
  expect(frames.length - 1).toBe(begun.frames.length + (begun.rest > 0 ? 1 : 0))
  tunnel.destroy()
  await summary
}

describe('a tunnel that is let go', () => {
  it('H-080 tells the client, passes on what it still says and its answer, and ends both when the upstream has answered', () =>
    withTimers(async () => {
      const { tunnel, client, upstream, summary } = joined()
      tunnel.end('drain')
      await settled()
      expect(
        client.frames.map(({ opcode, masked, payload }) => [
          opcode,
          masked,
          code(payload),
          payload.toString('latin1', 2),
        ]),
      ).toEqual([[8, false, 1001, 'drain']])
      expect(upstream.bytes).toHaveLength(0)
      client.socket.write(wsFrame({ payload: 'late', key: KEY }))
      client.socket.write(wsClose(1001, KEY))
      await settled()
      expect(upstream.frames.map(({ opcode, payload }) => [opcode, payload.toString('latin1')])).toEqual([
        [2, 'late'],
        [8, '\x03\xe9'],
      ])
      await client.ended
      upstream.socket.end(wsClose(1001))
      client.socket.end()
      expect(await summary).toMatchObject({ closeCode: 1001, closedBy: 'edge', messages: { in: 1, out: 0 } })
      // Not twice, and nothing of the upstream’s answer.
      expect(client.frames).toHaveLength(1)
    }))

  it('H-080 tells the upstream with a masked frame, too, when the client does not answer, and does not wait for ever', () =>
    withTimers(async () => {
      const { tunnel, client, upstream, summary } = joined()
      tunnel.end('drain')
      vi.advanceTimersByTime(1_999)
      await settled()
      expect(upstream.bytes).toHaveLength(0)
      vi.advanceTimersByTime(1)
      await settled()
      expect(upstream.frames.map(({ opcode, masked, payload }) => [opcode, masked, code(payload)])).toEqual([
        [8, true, 1001],
      ])
      vi.advanceTimersByTime(2_000)
      expect(await summary).toMatchObject({ closeCode: 1001, closedBy: 'edge' })
      expect(client.frames).toHaveLength(1)
    }))

  it('H-080 masks with another key each time', async () => {
    const keys = new Set<string>()
    for (let at = 0; at < 8; at++) {
      const { tunnel, upstream, summary } = joined()
      tunnel.destroy()
      await summary
      keys.add(upstream.bytes.subarray(2, 6).toString('hex'))
    }
    expect(keys.size).toBe(8)
  })

  it.each(['client', 'upstream'] as const)(
    'H-080 sends no second close frame, and leaves the closing to the %s who began it',
    (who) =>
      withTimers(async () => {
        const { tunnel, summary, ...peers } = joined()
        const close = (side: 'client' | 'upstream'): Buffer => wsClose(4000, side === 'client' ? KEY : undefined)
        const other = who === 'client' ? 'upstream' : 'client'
        peers[who].socket.write(close(who))
        await settled()
        tunnel.end('drain')
        await settled()
        expect(peers[who].bytes).toHaveLength(0)
        peers[other].socket.end(close(other))
        await settled()
        peers[who].socket.end()
        expect(await summary).toMatchObject({ closeCode: 4000, closedBy: who })
        for (const { frames } of [peers.client, peers.upstream])
          expect(frames.map(({ opcode, payload }) => [opcode, code(payload)])).toEqual([[8, 4000]])
      }),
  )

  it('H-080 gives an upstream the close frame that a client owes it who only hangs up', () =>
    withTimers(async () => {
      const { tunnel, client, upstream, summary } = joined()
      tunnel.end('drain')
      await settled()
      client.socket.end()
      await upstream.ended
      expect(upstream.frames.map(({ opcode, masked, payload }) => [opcode, masked, code(payload)])).toEqual([
        [8, true, 1001],
      ])
      upstream.socket.end()
      await summary
    }))

  it.each(['client', 'upstream'] as const)(
    'H-080 ends by a FIN, and sends no frames, where the %s speaks no RFC 6455',
    (who) =>
      withTimers(async () => {
        const { tunnel, summary, ...peers } = joined()
        peers[who].socket.write('hello')
        await settled()
        tunnel.end('drain')
        await peers.client.ended
        peers.client.socket.end()
        await peers.upstream.ended
        peers.upstream.socket.end()
        expect(await summary).toMatchObject({ closeCode: null, closedBy: 'edge' })
        expect(peers[who].bytes).toHaveLength(0)
        expect(peers[who === 'client' ? 'upstream' : 'client'].bytes.toString()).toBe('hello')
      }),
  )

  it('H-080 ends by a FIN, too, what shows only then that it speaks no RFC 6455', () =>
    withTimers(async () => {
      const { tunnel, client, upstream, summary } = joined()
      upstream.socket.write(Uint8Array.of(0x82))
      await settled()
      tunnel.end('drain')
      upstream.socket.write('\xffhello', 'latin1')
      await client.ended
      expect(client.bytes.toString('latin1')).toBe('\x82\xffhello')
      client.socket.end('last words')
      await upstream.ended
      expect(upstream.bytes.toString()).toBe('last words')
      upstream.socket.end()
      expect(await summary).toMatchObject({ closeCode: null, closedBy: 'edge' })
    }))

  it('H-080 drain at every byte of random frames of the upstream: the client sees whole frames, then 1001, and nothing behind', async () => {
    const kinds = fc.constantFrom({ opcode: 1 }, { opcode: 2 }, { opcode: 9 }, { opcode: 10 })
    const piece = fc.tuple(kinds, fc.oneof(fc.nat(40), fc.constantFrom(0, 125)))
    // In the midst of a fragmented message, and of a frame with an extended length.
    const first = [wsFrame({ opcode: 1, payload: 'a', final: false }), wsFrame({ opcode: 9 })]
    const more = wsFrame({ opcode: 0, payload: Buffer.alloc(126, 'b') })
    const property = fc.asyncProperty(fc.array(piece, { maxLength: 5 }), async (pieces) => {
      const random = pieces.map(([kind, size]) => wsFrame({ ...kind, payload: Buffer.alloc(size, 'c') }))
      const stream = Buffer.concat([...first, more, ...random])
      for (let cut = 0; cut <= stream.length; cut++) await drainAt(stream, cut)
    })
    await fc.assert(property, { numRuns: 4 })
  }, 60_000)

  it('H-080 drain amid random frames both ways leaves both peers a sound stream that ends in one close frame', async () => {
    const piece = fc.record({
      size: fc.oneof(fc.nat(300), fc.constantFrom(0, 125, 126, 65_535, 65_536)),
      kind: fc.constantFrom(2, 9),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 5 }),
        fc.array(piece, { maxLength: 5 }),
        fc.nat(),
        fc.nat(),
        async (down, up, cutDown, cutUp) => {
          const bytesOf = (pieces: typeof down, key?: Uint8Array): Buffer =>
            Buffer.concat(
              pieces.map(({ size, kind }) =>
                wsFrame({ opcode: kind, payload: Buffer.alloc(kind === 9 ? size % 126 : size, 7), key }),
              ),
            )
          const [toClient, toUpstream] = [bytesOf(down), bytesOf(up, KEY)]
          const [atDown, atUp] = [cutDown % (toClient.length + 1), cutUp % (toUpstream.length + 1)]
          const { tunnel, client, upstream, summary } = joined()
          upstream.socket.write(toClient.subarray(0, atDown))
          client.socket.write(toUpstream.subarray(0, atUp))
          await settled()
          tunnel.end('drain')
          upstream.socket.write(toClient.subarray(atDown))
          client.socket.write(toUpstream.subarray(atUp))
          await settled()
          // A client that does not answer, and is cut.
          tunnel.destroy()
          await summary
          for (const [peer, sent] of [
            [client, toClient],
            [upstream, toUpstream],
          ] as const) {
            const { frames, rest } = readWsFrames(peer.bytes)
            expect([rest, frames.filter(({ opcode }) => opcode === 8).length, frames.at(-1)!.opcode]).toEqual([0, 1, 8])
            const closing = peer === upstream ? 6 : 2
            const passed = peer.bytes.subarray(0, peer.bytes.length - closing - frames.at(-1)!.payload.length)
            expect(sent.subarray(0, passed.length).equals(passed)).toBe(true)
          }
          // Whatever the client has said, it is not cut short.
          expect(readWsFrames(upstream.bytes).frames).toHaveLength(up.length + 1)
        },
      ),
      { numRuns: 60 },
    )
  }, 60_000)
})

describe('a tunnel that is silent', () => {
  it('H-076 is told to go, with 1001 and the reason', () =>
    withTimers(async () => {
      const { client, upstream, summary } = joined({ idleMs: 400 })
      vi.advanceTimersByTime(350)
      client.socket.write(wsFrame({ key: KEY }))
      await settled()
      vi.advanceTimersByTime(449)
      await settled()
      expect(client.frames).toHaveLength(0)
      vi.advanceTimersByTime(1)
      await settled()
      expect(client.frames.map(({ payload }) => [code(payload), payload.toString('latin1', 2)])).toEqual([
        [1001, 'idle'],
      ])
      client.socket.end(wsClose(1001, KEY))
      upstream.socket.end(wsClose(1001))
      expect(await summary).toMatchObject({ closedBy: 'edge', closeCode: 1001 })
    }))
})

describe('a side that leaves', () => {
  it.each(['client', 'upstream'] as const)(
    'H-076 %s: the other sees an end without a close frame, and none is made up',
    (who) =>
      withTimers(async () => {
        const it = joined()
        const other = who === 'client' ? it.upstream : it.client
        it[who].socket.end()
        await other.ended
        expect(other.bytes).toHaveLength(0)
        other.socket.end()
        expect(await it.summary).toMatchObject({ closeCode: 1006, closedBy: who })
      }),
  )

  it.each(['client', 'upstream'] as const)(
    'H-076 %s: what it said last still arrives when it is destroyed at once and the other is slow',
    async (who) => {
      const it = joined()
      const [own, other] = who === 'client' ? [it.clientSide, it.upstream] : [it.upstreamSide, it.client]
      other.socket.pause()
      const key = who === 'client' ? KEY : undefined
      for (const size of [40_000, 30_000, 5]) {
        it[who].socket.write(wsFrame({ payload: Buffer.alloc(size), key }))
        await settled()
      }
      own.destroy()
      await settled()
      other.socket.resume()
      await other.ended
      expect(other.frames.map(({ payload }) => payload.length)).toEqual([40_000, 30_000, 5])
      other.socket.end()
      await it.summary
    },
  )

  it('H-076 is not waited for for ever when the other does not end', () =>
    withTimers(async () => {
      const { upstream, summary, clientSide } = joined()
      upstream.socket.end()
      await settled()
      vi.advanceTimersByTime(2_000)
      await summary
      expect(clientSide.destroyed).toBe(true)
    }))

  it.each([true, false])(
    'H-076 waits longer for a slow reader of what was sent before (who reads at last: %s)',
    (reads) =>
      withTimers(async () => {
        const { client, upstream, summary, clientSide } = joined()
        client.socket.pause()
        upstream.socket.end(wsFrame({ payload: Buffer.alloc(200_000) }))
        await settled()
        vi.advanceTimersByTime(11_999)
        await settled()
        expect([clientSide.writableLength > 0, clientSide.destroyed]).toEqual([true, false])
        if (reads) client.socket.resume()
        else vi.advanceTimersByTime(1)
        await settled()
        client.socket.end()
        await summary
        expect(client.frames).toHaveLength(reads ? 1 : 0)
      }),
  )
})

describe('who owns a tunnel', () => {
  it('has it on its books from the join until both sides have closed, with live counts', async () => {
    const book = new TunnelBook()
    const { client, upstream, summary } = joined({ owner: book, head: wsFrame({ payload: 'hello' }) })
    client.socket.write(wsFrame({ payload: 'abc', key: KEY }))
    await settled()
    expect(book.totals()).toMatchObject({ open: 1, opened: 1, messages: { in: 1, out: 1 }, bytes: { in: 9, out: 7 } })
    client.socket.end(wsClose(1000, KEY))
    upstream.socket.end(wsClose(1000))
    await summary
    expect(book.totals()).toMatchObject({ open: 0, frames: { in: 2, out: 2 }, closeCodes: { 1000: 1 } })
  })

  it('that is leaving lets it go at once', async () => {
    const book = new TunnelBook()
    book.leave('drain')
    const { client, tunnel, summary } = joined({ owner: book })
    await settled()
    expect(client.frames.map(({ payload }) => code(payload))).toEqual([1001])
    tunnel.destroy()
    await summary
  })
})
