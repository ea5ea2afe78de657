import { EdgeError } from '../errors.js'
import { FieldKind, field } from './fields.js'
import { emptyHeaders, type HeaderMap, type MutableHeaderMap } from './header-map.js'
import { dropNominated } from './request-fields.js'

/** What one pass over an upstream's reply fields finds. */
export interface ReplyFields {
  readonly headers: HeaderMap
  /** From Content-Length; `undefined` if chunked or delimited by the end of the connection. */
  readonly length: number | undefined
  /** Whether Transfer-Encoding says so. */
  readonly chunked: boolean
  /** Connection, in lower case, as a list; empty if there is none. */
  readonly connection: string
  /** Keep-Alive as it came; empty if there is none. */
  readonly keepAlive: string
}

const MAX_FIELDS = 500

/**
 * Reads the fields of an upstream's reply out of a list of names and values in turn, or as parsed by undici: end-to-end ones only, framing checked.
 *
 * @param from Where the fields begin in a list: behind the pseudo-field of an HTTP/2 reply.
 * @param lenient Takes a transfer coding other than `chunked` for one that is not there; the connection's end is then the reply's.
 * @throws {@link EdgeError} `ERR_EDGE_BAD_REPLY` for a Transfer-Encoding other than one `chunked`, two lengths, or both (H-105).
 */
export function readReplyFields(
  source: Readonly<Record<string, string | string[] | undefined>> | readonly string[],
  from = 0,
  lenient = false,
): ReplyFields {
  const reader = new Reader(lenient)
  if (Array.isArray(source)) {
    for (let index = from; index < source.length; index += 2) reader.add(source[index]!, source[index + 1]!)
  } else {
    const parsed = source as Readonly<Record<string, string | string[] | undefined>>
    for (const name in parsed) {
      const value = parsed[name]!
      if (typeof value === 'string') reader.add(name, value)
      else for (const line of value) reader.add(name, line)
    }
  }
  return reader.done()
}

class Reader {
  readonly #lenient: boolean
  readonly #headers: MutableHeaderMap = emptyHeaders()
  #length: number | undefined
  #coded = false
  #chunked = false
  #connection = ''
  #keepAlive = ''
  #count = 0

  constructor(lenient: boolean) {
    this.#lenient = lenient
  }

  add(raw: string, value: string): void {
    const { name, kind } = field(raw)
    if (++this.#count > MAX_FIELDS) throw badReply(`more than ${MAX_FIELDS} header fields`)
    const headers = this.#headers
    const known = headers[name]
    switch (kind) {
      case FieldKind.hop:
        if (name === 'keep-alive') this.#keepAlive = value
        return
      case FieldKind.te:
      case FieldKind.upgrade:
        return
      case FieldKind.connection:
        this.#connection = this.#connection === '' ? value : `${this.#connection}, ${value}`
        return
      case FieldKind.transferEncoding:
        if (this.#coded || (value.trim().toLowerCase() !== 'chunked' && !(this.#lenient && !/chunked/i.test(value))))
          throw badReply('transfer coding other than one chunked')
        this.#coded = true
        this.#chunked = /chunked/i.test(value)
        return
      case FieldKind.contentLength:
        if (known !== undefined || !/^[0-9]{1,16}$/.test(value))
          throw badReply('Content-Length is repeated or not a plain number')
        this.#length = Number(value)
        headers[name] = value
        return
      case FieldKind.setCookie:
      case FieldKind.challenge:
        headers[name] = known === undefined ? [value] : [...(known as readonly string[]), value]
        return
      case FieldKind.singleton:
        // The first wins, as in nginx: joined, these would mean something else.
        if (known === undefined) headers[name] = value
        return
      default:
        headers[name] = known === undefined ? value : `${known as string}, ${value}`
    }
  }

  done(): ReplyFields {
    if (this.#coded && this.#length !== undefined) throw badReply('Content-Length next to Transfer-Encoding')
    if (this.#connection !== '' && this.#connection !== 'keep-alive' && this.#connection !== 'close')
      dropNominated(this.#headers, this.#connection)
    return {
      headers: this.#headers,
      length: this.#length,
      chunked: this.#chunked,
      connection: this.#connection.toLowerCase(),
      keepAlive: this.#keepAlive,
    }
  }
}

function badReply(reason: string): EdgeError {
  return new EdgeError('ERR_EDGE_BAD_REPLY', `upstream reply refused: ${reason}`)
}
