const CONTINUATION = 0x0
const BINARY = 0x2
const CLOSE = 0x8
const PONG = 0xa
/** Bytes of a masking key (RFC 6455 §5.3). */
const KEY = 4

/** What stands for a close frame without a code (RFC 6455 §7.1.5). */
const NO_CODE = 1005

/**
 * Follows the frames of one direction of a WebSocket (RFC 6455 §5.2) and leaves them alone: it looks at the 2 to 14 bytes of each
 * head and at the code of a close frame; payload is skipped by count. Extensions may use the reserved bits.
 *
 * Bytes that are no such frames end its work: from then on it is not {@link sound}, and knows no boundaries.
 */
export class FrameTracker {
  /** Whole frames so far, control frames among them. */
  frames = 0
  /** Whole text and binary messages so far. */
  messages = 0
  /** Code of the close frame, {@link NO_CODE} if it had none; `null` until one has come whole. What follows it is not looked at. */
  closeCode: number | null = null
  /** Whether all bytes so far were frames that this side may send. */
  sound = true
  readonly #masked: boolean
  /** Part of a head that is read next: its first byte, its second, or those of an extended length. */
  #part: 'first' | 'second' | 'length' = 'first'
  #opcode = 0
  #final = false
  #length = 0
  /** Bytes of the extended length that are to come. */
  #lengthBytes = 0
  #shortest = 0
  /** Bytes of key and payload that are to come. */
  #rest = 0
  /** Whether a fragmented message is under way. */
  #fragmented = false
  /** Key and code of a close frame. */
  #close: number[] | null = null

  /** @param masked Whether this side must mask: a client must, a server must not (§5.1). */
  constructor(masked: boolean) {
    this.#masked = masked
  }

  /** Whether a frame has just ended, so that another may be put behind it; also in the midst of a fragmented message (§5.4). */
  get between(): boolean {
    return this.#part === 'first' && this.#rest === 0 && this.sound
  }

  /** Takes the next bytes. */
  read(chunk: Uint8Array): void {
    this.#take(chunk, false)
  }

  /**
   * Takes the next bytes as far as they belong to the frame under way.
   *
   * @returns How many these were.
   */
  readToBoundary(chunk: Uint8Array): number {
    return this.between ? 0 : this.#take(chunk, true)
  }

  #take(chunk: Uint8Array, oneFrame: boolean): number {
    let at = 0
    while (at < chunk.length) {
      if (!this.sound || this.closeCode !== null) return chunk.length
      if (this.#rest > 0) {
        const step = Math.min(this.#rest, chunk.length - at)
        if (this.#opcode === CLOSE) this.#keep(chunk, at, step)
        this.#rest -= step
        at += step
        if (this.#rest === 0) this.#frameEnds()
      } else {
        this.#head(chunk[at++]!)
      }
      if (oneFrame && this.between) return at
    }
    return at
  }

  #head(byte: number): void {
    if (this.#part === 'first') this.#first(byte)
    else if (this.#part === 'second') this.#second(byte)
    else this.#extended(byte)
  }

  #first(byte: number): void {
    const opcode = byte & 0x0f
    this.#opcode = opcode
    this.#final = (byte & 0x80) !== 0
    this.#part = 'second'
    if (opcode >= CLOSE) this.#check(opcode <= PONG && this.#final)
    else this.#check(opcode <= BINARY && (opcode === CONTINUATION) === this.#fragmented)
  }

  #second(byte: number): void {
    const length = byte & 0x7f
    this.#check(((byte & 0x80) !== 0) === this.#masked && (this.#opcode < CLOSE || length <= 125))
    // A code is two bytes (§5.5.1).
    this.#check(this.#opcode !== CLOSE || length !== 1)
    if (length < 126) return this.#payload(length)
    this.#part = 'length'
    this.#length = 0
    this.#lengthBytes = length === 126 ? 2 : 8
    this.#shortest = length === 126 ? 126 : 65_536
  }

  #extended(byte: number): void {
    // Of eight bytes the topmost bit is 0.
    if (this.#lengthBytes === 8) this.#check(byte < 0x80)
    this.#length = this.#length * 256 + byte
    if (--this.#lengthBytes > 0) return
    this.#check(this.#length >= this.#shortest)
    this.#payload(this.#length)
  }

  #payload(length: number): void {
    this.#part = 'first'
    this.#rest = length + (this.#masked ? KEY : 0)
    if (this.#rest === 0) this.#frameEnds()
  }

  #keep(chunk: Uint8Array, at: number, count: number): void {
    this.#close ??= []
    for (let byte = 0; byte < count && this.#close.length < KEY + 2; byte++) this.#close.push(chunk[at + byte]!)
  }

  #frameEnds(): void {
    if (!this.sound) return
    this.frames++
    if (this.#opcode === CLOSE) this.closeCode = this.#code()
    else if (this.#opcode <= BINARY) {
      this.#fragmented = !this.#final
      if (this.#final) this.messages++
    }
  }

  #code(): number {
    const bytes = this.#close ?? []
    const at = this.#masked ? KEY : 0
    if (bytes.length < at + 2) return NO_CODE
    const [key0, key1] = this.#masked ? (bytes as [number, number]) : [0, 0]
    return ((bytes[at]! ^ key0) << 8) | (bytes[at + 1]! ^ key1)
  }

  #check(allowed: boolean): void {
    if (!allowed) this.sound = false
  }
}

/**
 * Makes a close frame (RFC 6455 §5.5.1).
 *
 * @param reason At most 123 bytes, in ASCII.
 * @param key Four bytes that nobody can guess, for what goes to a server (§5.3).
 */
export function closeFrame(code: number, reason: string, key?: Uint8Array): Uint8Array {
  const payload = [code >> 8, code & 0xff, ...Array.from(reason, (letter) => letter.charCodeAt(0))]
  if (key === undefined) return Uint8Array.from([0x80 | CLOSE, payload.length, ...payload])
  const masked = payload.map((byte, at) => byte ^ key[at % KEY]!)
  return Uint8Array.from([0x80 | CLOSE, 0x80 | payload.length, ...key, ...masked])
}
