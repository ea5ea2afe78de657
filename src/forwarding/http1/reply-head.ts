import { EdgeError } from '../../errors.js'

/** The head of a reply as its bytes say it. */
export interface ReplyHead {
  readonly status: number
  /** Of HTTP/1. */
  readonly minor: 0 | 1
  /** Names and values in turn, as they came. */
  readonly fields: readonly string[]
}

/**
 * RFC 9112 §4 and §5 with none of the leniency that recipients are allowed: one version, one space, CRLF at the end of each line, no
 * space in front of a colon, no folded lines, no control characters. Whatever reads a reply otherwise than its sender meant it makes two
 * replies of one.
 */
const FIELD_LINES = /^(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n)*$/
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?$/

/**
 * Reads a head, from its first byte to the CRLF in front of its empty line.
 *
 * @throws {@link EdgeError} `ERR_EDGE_BAD_REPLY` for what is not HTTP/1.
 */
export function readReplyHead(text: string): ReplyHead {
  const end = text.indexOf('\r\n')
  const line = STATUS_LINE.exec(text.slice(0, end))
  if (line === null) throw malformed('not a status line of HTTP/1')
  return { status: Number(line[2]), minor: line[1] === '1' ? 1 : 0, fields: readFieldLines(text.slice(end + 2)) }
}

/**
 * Reads field lines, each with its CRLF, into names and values in turn.
 *
 * @throws {@link EdgeError} `ERR_EDGE_BAD_REPLY`.
 */
export function readFieldLines(text: string): string[] {
  if (!FIELD_LINES.test(text)) throw malformed('not a field line')
  const fields: string[] = []
  for (let at = 0; at < text.length; ) {
    const colon = text.indexOf(':', at)
    const end = text.indexOf('\r\n', colon)
    fields.push(text.slice(at, colon), trimmed(text, colon + 1, end))
    at = end + 2
  }
  return fields
}

/** Without the spaces and tabs around it (RFC 9110 §5.5). */
function trimmed(text: string, from: number, to: number): string {
  while (from < to && isBlank(text.charCodeAt(from))) from += 1
  while (to > from && isBlank(text.charCodeAt(to - 1))) to -= 1
  return text.slice(from, to)
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09

export function malformed(reason: string): EdgeError {
  return new EdgeError('ERR_EDGE_BAD_REPLY', `upstream reply refused: ${reason}`)
}
