import type { Bytes } from '../options.js'
import type { RedisArgument } from './client.js'

/** What a client holds of ours: commands that it has no answer to yet. */
export class Waiting {
  #commands = 0
  #bytes = 0
  readonly #maxCommands: number
  readonly #maxBytes: Bytes

  constructor(maxCommands: number, maxBytes: Bytes) {
    this.#maxCommands = maxCommands
    this.#maxBytes = maxBytes
  }

  room(command: readonly RedisArgument[]): boolean {
    return this.#commands < this.#maxCommands && this.#bytes + sizeOf(command) <= this.#maxBytes
  }

  /** Counts a command until the function it returns is called. */
  enter(command: readonly RedisArgument[]): () => void {
    const size = sizeOf(command)
    this.#commands++
    this.#bytes += size
    return () => {
      this.#commands--
      this.#bytes -= size
    }
  }
}

function sizeOf(command: readonly RedisArgument[]): Bytes {
  let size = 0
  for (const argument of command) size += argument.length
  return size
}
