import { WireError } from './error.js'

/** One field line as it stood on the wire: the name's case kept, the value trimmed of its outer blanks. */
export type HeaderPair = readonly [name: string, value: string]

/** What a message starts with, not yet understood as a request or a reply. */
export interface Head {
  readonly startLine: string
  readonly headers: readonly HeaderPair[]
  /** The head's bytes, the empty line included. */
  readonly bytes: Buffer
}

export const TOKEN: RegExp = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
const HEAD_LIMIT = 1 << 20
export const CR = 13
export const LF = 10

/**
 * Reads a head up to its empty line; undefined while it is unfinished.
 *
 * @throws {@link WireError} on the first byte that no continuation can make right: bare CR or LF, obs-fold, a bad name or value.
 */
export function readHead(bytes: Buffer): Head | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  const head = end === -1 ? bytes : bytes.subarray(0, end + 4)
  checkLineEnds(head, end !== -1)
  if (end === -1) {
    if (bytes.length > HEAD_LIMIT) throw new WireError(`head longer than ${HEAD_LIMIT} bytes`, bytes)
    return undefined
  }
  const [startLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  if (startLine === '') throw new WireError('empty start line', head)
  return { startLine, headers: lines.map((line) => readField(line, head)), bytes: head }
}

/** Reads one field line. @throws {@link WireError} on obs-fold, a bad name, a blank before the colon or a bad byte in the value. */
export function readField(line: string, around: Buffer): HeaderPair {
  if (/^[ \t]/.test(line)) throw new WireError(`obs-fold in ${JSON.stringify(line)}`, around)
  const colon = line.indexOf(':')
  const name = line.slice(0, colon)
  const value = line.slice(colon + 1)
  if (colon === -1 || !TOKEN.test(name)) throw new WireError(`bad field name in ${JSON.stringify(line)}`, around)
  if (!VALUE.test(value)) throw new WireError(`bad field value in ${JSON.stringify(line)}`, around)
  return [name, value.replace(/^[ \t]+|[ \t]+$/g, '')]
}

/** Values of every field line called `name`, in order. */
export function valuesOf(headers: readonly HeaderPair[], name: string): string[] {
  const wanted = name.toLowerCase()
  return headers.filter(([key]) => key.toLowerCase() === wanted).map(([, value]) => value)
}

/** @throws {@link WireError} on a CR without LF or an LF without CR; a CR may be last while bytes are to come. */
export function checkLineEnds(bytes: Buffer, finished: boolean): void {
  for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at - 1] !== CR) throw new WireError(`bare LF at byte ${at}`, bytes)
  }
  for (let at = bytes.indexOf(CR); at !== -1; at = bytes.indexOf(CR, at + 1)) {
    const last = at === bytes.length - 1
    if (last ? finished : bytes[at + 1] !== LF) throw new WireError(`bare CR at byte ${at}`, bytes)
  }
}
