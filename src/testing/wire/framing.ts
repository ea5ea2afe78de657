import { WireError } from './error.js'
import { type Head, valuesOf } from './head.js'

/** How a message's body ends. `tunnel`: HTTP is over, what follows belongs to somebody else. */
export type Framing =
  | { readonly kind: 'none' | 'chunked' | 'close' | 'tunnel' }
  | { readonly kind: 'length'; readonly length: number }

/**
 * Decides a body's framing from the head's fields alone; undefined if they say nothing.
 *
 * @throws {@link WireError} unless there is at most one of one Content-Length in canonical digits and one `Transfer-Encoding: chunked`.
 */
export function declaredFraming({ headers, bytes }: Head, version: string): Framing | undefined {
  const lengths = valuesOf(headers, 'content-length')
  const encodings = valuesOf(headers, 'transfer-encoding')
  if (lengths.length > 0 && encodings.length > 0)
    throw new WireError('both Content-Length and Transfer-Encoding', bytes)
  if (lengths.length > 1) throw new WireError('more than one Content-Length', bytes)
  if (encodings.length > 1) throw new WireError('more than one Transfer-Encoding', bytes)
  const [length] = lengths
  const [encoding] = encodings
  if (encoding !== undefined) {
    if (encoding.toLowerCase() !== 'chunked') throw new WireError(`Transfer-Encoding is not "chunked"`, bytes)
    if (version !== '1.1') throw new WireError(`Transfer-Encoding in HTTP/${version}`, bytes)
    return { kind: 'chunked' }
  }
  if (length === undefined) return undefined
  if (!/^(?:0|[1-9]\d{0,14})$/.test(length)) throw new WireError('Content-Length is not plain digits', bytes)
  return { kind: 'length', length: Number(length) }
}
