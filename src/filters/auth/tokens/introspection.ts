import { asError, EdgeError } from '../../../errors.js'
import { type FetchBounds, fetchText } from './bounded-fetch.js'
import type { Claims } from './claims-mapping.js'
import type { IntrospectOptions } from './introspect-options.js'
import { readObject } from './json-object.js'

type Authorization = () => string | null | Promise<string>

/** Asks an introspection endpoint about a token (RFC 7662 §2). */
export class Introspection {
  readonly #endpoint: string
  readonly #hint: string
  readonly #authorization: Authorization
  readonly #bounds: FetchBounds
  readonly #closing = new AbortController()
  readonly #maxConcurrent: number
  #asking = 0

  constructor(options: IntrospectOptions, bounds: FetchBounds) {
    this.#endpoint = options.endpoint
    this.#hint = options.tokenTypeHint ?? 'access_token'
    this.#authorization = authorizationOf(options)
    this.#bounds = { ...bounds, closing: this.#closing.signal }
    this.#maxConcurrent = options.maxConcurrent ?? 100
  }

  /**
   * What the endpoint says of an active token; `null` of any other.
   *
   * @throws {@link EdgeError} `ERR_EDGE_AUTH_SOURCE` if it says nothing that can be believed, or is asked too much already.
   */
  async ask(token: string): Promise<Claims | null> {
    if (this.#asking >= this.#maxConcurrent) throw unavailable(`more than ${this.#maxConcurrent} questions at once`)
    this.#asking++
    try {
      const authorization = await this.#authorization()
      const init = {
        method: 'POST',
        headers: { accept: 'application/json', ...(authorization === null ? {} : { authorization }) },
        body: new URLSearchParams({ token, token_type_hint: this.#hint }),
      }
      const { status, text } = await fetchText(this.#endpoint, init, this.#bounds)
      if (status !== 200) throw new Error(`status ${status}`)
      return readAnswer(text)
    } catch (error) {
      throw unavailable(asError(error).message, asError(error))
    } finally {
      this.#asking--
    }
  }

  close(): void {
    this.#closing.abort()
  }
}

/** @throws Error in words, for an answer that is none. */
function readAnswer(text: string): Claims | null {
  const answer = readObject(text)
  if (typeof answer === 'string') throw new Error(`the answer has ${answer}`)
  const { active, ...claims } = answer
  // Anything but a boolean is no answer, above all no "true".
  if (typeof active !== 'boolean') throw new Error('the answer does not say whether the token is active')
  return active ? claims : null
}

function unavailable(why: string, cause?: Error): EdgeError {
  return new EdgeError('ERR_EDGE_AUTH_SOURCE', `introspect: ${why}`, { cause, headers: { 'retry-after': '1' } })
}

/** Both parts are form-encoded before they are joined (RFC 6749 §2.3.1). */
function authorizationOf({ authorization, clientId, clientSecret }: IntrospectOptions): Authorization {
  if (typeof authorization === 'function') return authorization
  if (clientId === undefined) return () => authorization ?? null
  const encoded = [clientId, clientSecret!].map((part) => String(new URLSearchParams([['', part]])).slice(1))
  const basic = `Basic ${Buffer.from(encoded.join(':')).toString('base64')}`
  return () => basic
}
