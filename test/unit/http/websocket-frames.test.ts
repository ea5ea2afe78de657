import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { closeFrame, FrameTracker } from '../../../src/http/websocket-frames.js'
import { readWsFrames, wsClose, wsFrame } from '../../support/ws-frames.js'

const KEY = Uint8Array.of(7, 99, 200, 31)
const LENGTHS = [0, 1, 125, 126, 127, 65_535, 65_536, 70_000]

function follow(bytes: Uint8Array, masked = false, step = bytes.length): FrameTracker {
  const tracker = new FrameTracker(masked)
  for (let at = 0; at < bytes.length; at += step) tracker.read(bytes.subarray(at, at + step))
  return tracker
}

/** Messages of fragments, with control frames before, in between and behind. */
const traffic = fc.array(
  fc.record({
    sizes: fc.array(fc.oneof(fc.constantFrom(...LENGTHS), fc.nat(300)), { minLength: 1, maxLength: 4 }),
    text: fc.boolean(),
    controls: fc.array(fc.record({ pong: fc.boolean(), size: fc.nat(125) }), { maxLength: 3 }),
  }),
  { maxLength: 6 },
)

function framesOf(messages: ReturnType<(typeof traffic)['generate']>['value'], key: Uint8Array | undefined): Buffer[] {
  return messages.flatMap(({ sizes, text, controls }) => {
    const data = sizes.map((size, at) => {
      const opcode = at > 0 ? 0 : text ? 1 : 2
      return wsFrame({ opcode, payload: Buffer.alloc(size, at), final: at === sizes.length - 1, key })
    })
    const extra = controls.map(({ pong, size }) => wsFrame({ opcode: pong ? 10 : 9, payload: Buffer.alloc(size), key }))
    return [...data.slice(0, 1), ...extra, ...data.slice(1)]
  })
}

describe('a frame tracker', () => {
  it('counts frames and messages, and knows every boundary, however the bytes are cut', () => {
    fc.assert(
      fc.property(traffic, fc.boolean(), fc.integer({ min: 1, max: 5_000 }), (messages, masked, step) => {
        const frames = framesOf(messages, masked ? KEY : undefined)
        const tracker = follow(Buffer.concat(frames), masked, step)
        expect([tracker.sound, tracker.between, tracker.closeCode]).toEqual([true, true, null])
        expect([tracker.frames, tracker.messages]).toEqual([frames.length, messages.length])
      }),
      { numRuns: 100 },
    )
  })

  it.each([false, true])('stands between frames at their ends only, at every single byte (masked: %s)', (masked) => {
    const key = masked ? KEY : undefined
    const frames = [0, 1, 125, 126, 300].map((size) => wsFrame({ payload: Buffer.alloc(size), key }))
    const ends = new Set<number>()
    let total = 0
    for (const { length } of frames) {
      total += length
      ends.add(total)
    }
    const tracker = new FrameTracker(masked)
    Buffer.concat(frames).forEach((byte, at) => {
      tracker.read(Uint8Array.of(byte))
      expect(tracker.between, `behind byte ${at}`).toBe(ends.has(at + 1))
    })
  })

  it.each([false, true])('tells how much of a chunk belongs to the frame under way (masked: %s)', (masked) => {
    const key = masked ? KEY : undefined
    const frames = [wsFrame({ payload: Buffer.alloc(200), key }), wsFrame({ payload: 'x', key })]
    const bytes = Buffer.concat(frames)
    for (let cut = 0; cut <= bytes.length; cut++) {
      const tracker = follow(bytes.subarray(0, cut), masked)
      const end = cut === 0 ? 0 : cut <= frames[0]!.length ? frames[0]!.length : bytes.length
      expect(tracker.readToBoundary(bytes.subarray(cut))).toBe(end - cut)
      expect(tracker.between).toBe(true)
    }
  })

  it.each([
    ['1000', wsClose(1000), 1000],
    ['4999', wsClose(4999), 4999],
    ['65535', wsClose(65_535), 65_535],
    ['no code', wsClose(), 1005],
  ])('reads the code of a close frame with %s, masked or not, byte by byte', (_what, frame, code) => {
    expect(follow(frame, false, 1).closeCode).toBe(code)
    const masked = wsFrame({ opcode: 8, payload: readWsFrames(frame).frames[0]!.payload, key: KEY })
    for (const step of [1, 3, masked.length]) expect(follow(masked, true, step).closeCode).toBe(code)
  })

  it('has a code only when the close frame is whole, and looks at nothing behind it', () => {
    const close = wsClose(1001, undefined, 'bye')
    expect(follow(close.subarray(0, -1)).closeCode).toBe(null)
    const tracker = follow(Buffer.concat([wsFrame(), close, Buffer.from('hello'), wsClose(1000)]))
    expect([tracker.closeCode, tracker.frames, tracker.sound]).toEqual([1001, 2, true])
  })

  it('knows a boundary within a fragmented message, where a control frame may stand (RFC 6455 §5.4)', () => {
    const tracker = follow(wsFrame({ opcode: 1, payload: 'a', final: false }))
    expect([tracker.between, tracker.frames, tracker.messages]).toEqual([true, 1, 0])
  })

  it('skips payload of any length by count', () => {
    const tracker = follow(Uint8Array.of(0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0))
    for (let at = 0; at < 4096; at++) tracker.read(Buffer.alloc(1 << 20))
    expect([tracker.between, tracker.frames, tracker.messages]).toEqual([true, 1, 1])
  })

  it('lets extensions use the reserved bits', () => {
    expect(follow(Uint8Array.of(0xc1, 1, 0)).sound).toBe(true)
  })
})

describe('what is no RFC 6455', () => {
  it.each([
    ['a reserved opcode for data', [0x83, 0]],
    ['a reserved opcode for control', [0x8b, 0]],
    ['a control frame in fragments', [0x09, 0]],
    ['a control frame of 126 bytes', [0x89, 126, 0, 126]],
    ['a close frame of one byte', [0x88, 1]],
    ['two length bytes where one would do', [0x82, 126, 0, 125]],
    ['eight length bytes where two would do', [0x82, 127, 0, 0, 0, 0, 0, 0, 255, 255]],
    ['a length of 2⁶³', [0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0]],
    ['a continuation of nothing', [0x80, 0]],
    ['a message in the midst of another', [0x01, 0, 0x81, 0]],
    ['a mask where there must be none', [0x81, 0x80]],
    ['plain text', [...Buffer.from('hello')]],
  ])('%s is noticed, and ends the tracking', (_what, bytes) => {
    const tracker = follow(Uint8Array.from(bytes), false, 1)
    const before = tracker.frames
    tracker.read(wsClose(1000))
    expect([tracker.sound, tracker.between, tracker.closeCode, tracker.frames]).toEqual([false, false, null, before])
  })

  it('is also a client’s frame without a mask', () => {
    expect(follow(wsFrame(), true).sound).toBe(false)
  })

  it('is taken whole where the end of a frame is looked for', () => {
    const tracker = follow(Uint8Array.of(0x82))
    expect(tracker.readToBoundary(Buffer.from([0xff, 1, 2, 3]))).toBe(4)
  })

  it('never throws and never counts what is not there, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 9 }),
        (bytes, masked, step) => {
          const tracker = follow(bytes, masked, step)
          const whole = follow(bytes, masked)
          expect([tracker.sound, tracker.frames, tracker.messages, tracker.closeCode]).toEqual([
            whole.sound,
            whole.frames,
            whole.messages,
            whole.closeCode,
          ])
          expect(tracker.frames * 2).toBeLessThanOrEqual(bytes.length)
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('a close frame of ours', () => {
  it.each([undefined, KEY])('is one that others read as it was meant (key: %o)', (key) => {
    const bytes = Buffer.from(closeFrame(1001, 'drain', key))
    const { frames, rest } = readWsFrames(bytes)
    expect(rest).toBe(0)
    expect(frames).toEqual([
      { opcode: 8, final: true, masked: key !== undefined, payload: Buffer.from('\x03\xe9drain', 'latin1') },
    ])
    const tracker = follow(bytes, key !== undefined)
    expect([tracker.sound, tracker.closeCode]).toEqual([true, 1001])
  })
})
