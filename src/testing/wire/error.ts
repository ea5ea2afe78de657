/** Says what is wrong with bytes that should have been HTTP/1.1, and shows them. */
export class WireError extends Error {
  override readonly name = 'WireError'
  /** The offending bytes, from where the parser stood. */
  readonly bytes: Buffer

  constructor(problem: string, bytes: Buffer) {
    super(`${problem}: ${shown(bytes)}`)
    this.bytes = bytes
  }
}

/** Prints bytes so that CR, LF and control bytes can be seen; the middle of long input is left out. */
export function shown(bytes: Buffer | string, limit = 400): string {
  const text = typeof bytes === 'string' ? bytes : bytes.toString('latin1')
  if (text.length <= limit) return JSON.stringify(text)
  const half = limit / 2
  return `${JSON.stringify(text.slice(0, half))} … ${text.length - limit} bytes … ${JSON.stringify(text.slice(-half))}`
}
