import type { Parsed } from '../../../src/tcp/parsed.js'

/** What a parser says of bytes that arrive in pieces of these sizes, over and over; it is asked again when it has what it needs. */
export function fed<T>(
  parse: (bytes: Uint8Array) => Parsed<T>,
  bytes: Uint8Array,
  sizes: readonly number[] = [1],
): Parsed<T> {
  let have = 0
  let need = 1
  for (let turn = 0; have < bytes.length; turn++) {
    have = Math.min(bytes.length, have + sizes[turn % sizes.length]!)
    if (have < need) continue
    const parsed = parse(bytes.subarray(0, have))
    if (parsed.state !== 'more') return parsed
    if (parsed.need <= have) throw new Error(`needs ${parsed.need} of ${have} bytes`)
    need = parsed.need
  }
  const parsed = parse(bytes)
  if (parsed.state === 'done') throw new Error(`did not need ${need} bytes`)
  return parsed
}
