/** What a frame is made of; a key makes it a masked one. */
export interface FrameOptions {
  readonly opcode?: number | undefined
  readonly payload?: Uint8Array | string | undefined
  readonly final?: boolean | undefined
  readonly key?: Uint8Array | undefined
}

/** Makes one WebSocket frame (RFC 6455 §5.2), of the shortest length form. */
export function wsFrame({ opcode = 2, payload = '', final = true, key }: FrameOptions = {}): Buffer {
  const data = Buffer.from(payload as string)
  const length = data.length
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  head[0] = (final ? 0x80 : 0) | opcode
  head[1] = (key === undefined ? 0 : 0x80) | (length < 126 ? length : length < 65_536 ? 126 : 127)
  if (head.length === 4) head.writeUInt16BE(length, 2)
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2)
  if (key === undefined) return Buffer.concat([head, data])
  return Buffer.concat([head, key, data.map((byte, at) => byte ^ key[at % 4]!)])
}

/** Makes a close frame; without a code it is empty. */
export function wsClose(code?: number, key?: Uint8Array, reason = ''): Buffer {
  const payload = code === undefined ? '' : Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)])
  return wsFrame({ opcode: 8, payload, key })
}

/** A frame as it was read. */
export interface ReadFrame {
  readonly opcode: number
  readonly final: boolean
  readonly masked: boolean
  readonly payload: Buffer
}

/**
 * Reads all frames that are whole in the bytes.
 *
 * @returns The frames, and how many bytes of another are left behind them.
 */
export function readWsFrames(bytes: Buffer): { readonly frames: readonly ReadFrame[]; readonly rest: number } {
  const frames: ReadFrame[] = []
  let at = 0
  while (bytes.length - at >= 2) {
    const short = bytes[at + 1]! & 127
    const masked = bytes[at + 1]! > 127
    const from = at + 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + (masked ? 4 : 0)
    if (bytes.length < from) break
    const length =
      short === 126 ? bytes.readUInt16BE(at + 2) : short === 127 ? Number(bytes.readBigUInt64BE(at + 2)) : short
    if (bytes.length < from + length) break
    const key = bytes.subarray(from - 4, from)
    const payload = Buffer.from(bytes.subarray(from, from + length))
    if (masked) for (let byte = 0; byte < length; byte++) payload[byte] = payload[byte]! ^ key[byte % 4]!
    frames.push({ opcode: bytes[at]! & 15, final: bytes[at]! > 127, masked, payload })
    at = from + length
  }
  return { frames, rest: bytes.length - at }
}
