import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { asError } from '../../errors.js'
import type { Bytes } from '../../options.js'

/** The file's text, or why there is none. Never more than the limit is read, whatever the file says of its size. */
export async function readText(path: string, maxBytes: Bytes): Promise<string | Error> {
  try {
    // To open a pipe would hold a thread until somebody writes to it.
    if (!(await stat(path)).isFile()) return new Error(`${path} is not a file`)
    const parts: Buffer[] = []
    let length = 0
    for await (const part of createReadStream(path, { end: maxBytes })) {
      parts.push(part)
      length += part.length
    }
    return length > maxBytes ? new Error(`${path} is longer than ${maxBytes} bytes`) : Buffer.concat(parts).toString()
  } catch (error) {
    return asError(error)
  }
}
