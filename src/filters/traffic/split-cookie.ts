import { checkStickyOptions, cookieAttributes, type StickyCookieOptions } from '../../balancing/sticky-options.js'
import { tokensOf } from '../../balancing/sticky-token.js'
import type { Exchange } from '../../exchange.js'
import { onlyPair } from '../../http/pairs.js'

/** As `stickyCookie` takes it. */
export type SplitCookieOptions = Omit<StickyCookieOptions, 'fallback'>

const SEMICOLON = 59

/** The cookie that keeps a client on a branch: it holds a token, never the branch's name, and leads to branches only (H-112). */
export class SplitCookie {
  readonly #prefix: string
  readonly #attributes: ReturnType<typeof cookieAttributes>
  readonly #tokens: readonly string[]
  readonly #places = new Map<string, number>()

  constructor(names: readonly string[], options: SplitCookieOptions) {
    checkStickyOptions(options)
    const { secret = [] } = options
    const tokens = names.map((name) => tokensOf(name, [secret].flat()))
    for (const [at, each] of tokens.entries()) for (const token of each) this.#places.set(token, at)
    this.#tokens = tokens.map(([first]) => first!)
    this.#prefix = `${options.name}=`
    this.#attributes = cookieAttributes(options)
  }

  /** The place of the branch that the client was sent to; -1 for none. */
  read({ headers }: Exchange): number {
    const field = headers['cookie']
    const token = typeof field === 'string' ? onlyPair(field, this.#prefix, SEMICOLON) : undefined
    return token === undefined ? -1 : (this.#places.get(token) ?? -1)
  }

  line({ client }: Exchange, at: number): string {
    return `${this.#prefix}${this.#tokens[at]}${this.#attributes[client.protocol]}`
  }
}
