/** What comes next in a zstd stream (RFC 8878 §3.1). */
type Part = 'magic' | 'skippableSize' | 'skippable' | 'descriptor' | 'header' | 'block' | 'content' | 'checksum'

const MAGIC = 0xfd2fb528
/** And the fifteen numbers behind it. */
const SKIPPABLE_MAGIC = 0x184d2a50

/**
 * Finds where the frames of a zstd stream begin and end. Node's decoder drops what follows a frame in the same chunk (nodejs/node#64741), and
 * before 24.x took a frame that was cut for a whole one (nodejs/node#64592): both would make a part of a body pass as all of it.
 */
export class ZstdFrames {
  #part: Part = 'magic'
  /** Bytes of the part that are to come. */
  #left = 4
  /** The bytes so far of a part that is a number, little-endian. */
  #number = 0
  #read = 0
  #lastBlock = false
  #hasChecksum = false
  #any = false

  /** Whether the stream may end here: behind a frame. */
  get whole(): boolean {
    return this.#any && this.#part === 'magic' && this.#read === 0
  }

  /** The chunk in pieces that are each of one frame only. What is no zstd stays in, for the decoder to refuse. */
  split(chunk: Uint8Array): Uint8Array[] {
    const pieces: Uint8Array[] = []
    let start = 0
    let at = 0
    while (at < chunk.byteLength) {
      at += this.#advance(chunk, at)
      if (this.whole) {
        pieces.push(chunk.subarray(start, at))
        start = at
      }
    }
    if (start < chunk.byteLength) pieces.push(chunk.subarray(start))
    return pieces
  }

  /** Takes bytes of the part under way, and goes on to the next one at its end. How many it took. */
  #advance(chunk: Uint8Array, from: number): number {
    const isNumber = this.#part !== 'content' && this.#part !== 'skippable' && this.#part !== 'header'
    const taken = isNumber ? 1 : Math.min(this.#left, chunk.byteLength - from)
    if (isNumber) this.#number += chunk[from]! * 2 ** (8 * this.#read)
    this.#read += taken
    this.#left -= taken
    if (this.#left === 0) this.#next(this.#number)
    return taken
  }

  #next(number: number): void {
    switch (this.#part) {
      case 'magic':
        if (number === MAGIC) return this.#expect('descriptor', 1)
        if (number >= SKIPPABLE_MAGIC && number <= SKIPPABLE_MAGIC + 15) return this.#expect('skippableSize', 4)
        return this.#expect('content', Infinity)
      case 'skippableSize':
        return number === 0 ? this.#end() : this.#expect('skippable', number)
      case 'descriptor':
        this.#hasChecksum = (number & 4) !== 0
        return this.#expect('header', headerSize(number))
      case 'header':
        return this.#expect('block', 3)
      case 'block': {
        this.#lastBlock = (number & 1) !== 0
        const isRunLength = ((number >> 1) & 3) === 1
        const size = isRunLength ? 1 : number >> 3
        return size === 0 ? this.#afterBlock() : this.#expect('content', size)
      }
      case 'content':
        return this.#afterBlock()
      default:
        return this.#end()
    }
  }

  #afterBlock(): void {
    if (!this.#lastBlock) this.#expect('block', 3)
    else if (this.#hasChecksum) this.#expect('checksum', 4)
    else this.#end()
  }

  #end(): void {
    this.#any = true
    this.#expect('magic', 4)
  }

  #expect(part: Part, left: number): void {
    this.#part = part
    this.#left = left
    this.#number = 0
    this.#read = 0
  }
}

/** RFC 8878 §3.1.1.1: window, dictionary and content size, as the descriptor says. Never nothing: without a window there is a size. */
function headerSize(descriptor: number): number {
  const isSingleSegment = (descriptor & 0x20) !== 0
  const dictionary = [0, 1, 2, 4][descriptor & 3]!
  const contentSize = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6]!
  return (isSingleSegment ? 0 : 1) + dictionary + contentSize
}
