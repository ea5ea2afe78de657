import type { Exchange } from '../../../exchange.js'
import { listMembers } from '../../../http/field-list.js'
import { field, isProtected } from '../../../http/fields.js'

/**
 * A request as its signer saw it: the target and the fields as they came, before anything made them canonical or took them away; host
 * and scheme as the client named them, which behind a trusted proxy are those that the proxy tells of.
 */
export class SignedMessage {
  readonly method: string
  readonly scheme: 'http' | 'https'
  /** In lower case, without the scheme's own port (RFC 9421 §2.2.3); `null` where the client named none. */
  readonly authority: string | null
  /** As it stands in the request line, or in `:path`. */
  readonly target: string
  readonly #raw: readonly string[]
  #lines: Map<string, string[]> | null = null

  constructor({ raw, client, requestTarget }: Exchange) {
    this.method = raw.method ?? ''
    this.scheme = client.protocol
    this.authority = client.authority === null ? null : normalAuthority(client.authority, client.protocol)
    this.target = requestTarget
    this.#raw = raw.rawHeaders
  }

  /** Path as it came; an empty one is `/` (§2.2.6). */
  get path(): string {
    const { rest, query } = this.#split()
    return rest.slice(0, rest.length - query.length) || '/'
  }

  /** With its `?`; empty if there is none. */
  get query(): string {
    return this.#split().query
  }

  /** The lines of a field in the order they came; `undefined` if there is none. */
  lines(name: string): readonly string[] | undefined {
    this.#lines ??= this.#readLines()
    return this.#lines.get(name)
  }

  /** The lines of a field as one value (§2.1). The crumbs that HTTP/2 makes of a cookie belong together otherwise (RFC 9113 §8.2.3). */
  value(name: string): string | undefined {
    return this.lines(name)?.join(name === 'cookie' ? '; ' : ', ')
  }

  #split(): { readonly rest: string; readonly query: string } {
    const rest = this.target.startsWith('/') ? this.target : this.target.replace(/^https?:\/\/[^/?#]*/i, '')
    const mark = rest.indexOf('?')
    return { rest, query: mark === -1 ? '' : rest.slice(mark) }
  }

  #readLines(): Map<string, string[]> {
    const lines = new Map<string, string[]>()
    for (let at = 0; at < this.#raw.length; at += 2) {
      const { name } = field(this.#raw[at]!)
      const value = this.#raw[at + 1]!.trim()
      const before = lines.get(name)
      if (before === undefined) lines.set(name, [value])
      else before.push(value)
    }
    // What Connection nominates does not go on: who stands in between could take away what a good signature covers (H-051).
    for (const name of listMembers(lines.get('connection')?.join(',') ?? ''))
      if (!isProtected(name.toLowerCase())) lines.delete(name.toLowerCase())
    return lines
  }
}

function normalAuthority(authority: string, scheme: 'http' | 'https'): string {
  const lower = authority.toLowerCase()
  const standard = scheme === 'https' ? ':443' : ':80'
  return lower.endsWith(standard) ? lower.slice(0, -standard.length) : lower
}
