import { createHash, createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import type { Exchange } from '../../../exchange.js'
import { changeHeaders } from '../../../http/header-map.js'
import { type Bytes, check, checkOptions, type Milliseconds, optionError } from '../../../options.js'
import { type Unsure, unsure } from '../authentication.js'
import {
  type Authentication,
  type Authenticator,
  type AuthOptions,
  authChecks,
  defineAuthenticator,
} from '../authenticator.js'
import { makePrincipal } from '../make-principal.js'
import type { PrincipalLike } from '../principal.js'
import { sameSecret } from '../same-secret.js'
import { isReplayStore, MOST_BODY_BYTES } from './http-signature-options.js'
import { claimed, type ReplayStore } from './replay-store.js'
import { foreseeBody, rejected, withBody } from './signed-body.js'
import { type Delivery, WEBHOOK_FORMS, type WebhookForm, type WebhookFormName } from './webhook-forms.js'

export interface WebhookSignatureOptions extends AuthOptions {
  /** Whose way of signing it is. @default 'standard-webhooks' */
  readonly form?: WebhookFormName | undefined
  /** What it was signed with: several while they change. Standard Webhooks' are `whsec_…`; the others' are texts of 16 bytes or more. */
  readonly secrets: readonly string[]
  /** Who sends what is signed with them. @default the form's name */
  readonly principal?: PrincipalLike | undefined
  /** How old a delivery may be, and how far in the future, where the form tells. @default 300_000 */
  readonly toleranceMs?: Milliseconds | undefined
  /**
   * Takes each delivery once. One that is tried again has another time, and passes: what it is about may have come before, as its id
   * tells. Not for `github`, which signs no time. @default none: what was overheard can be sent again within the tolerance
   */
  readonly replayStore?: ReplayStore | undefined
  /** Longest body; a longer one is a 413. @default 1_048_576 */
  readonly maxBodyBytes?: Bytes | undefined
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: (() => Milliseconds) | undefined
}

/**
 * Knows webhooks by their signatures: an HMAC with SHA-256 over the body and, but for GitHub's, the time at which it was sent.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`; `ERR_EDGE_STORE` at run time from a `replayStore` that fails.
 * @example
 * ```ts
 * const hooks = {
 *   path: '/hooks/github',
 *   filters: [webhookSignature({ form: 'github', secrets: [process.env.GITHUB_SECRET ?? ''] })],
 *   handler: forward({ pool }),
 * }
 * ```
 */
export function webhookSignature(options: WebhookSignatureOptions): Authenticator {
  checkOptions(FACTORY, options, {
    form: check.oneOf(...Object.keys(WEBHOOK_FORMS)),
    secrets: check.strings,
    principal: check.object,
    toleranceMs: check.duration,
    replayStore: isReplayStore,
    maxBodyBytes: check.whole(0, MOST_BODY_BYTES),
    now: check.function,
    ...authChecks,
  })
  const verifier = new WebhookVerifier(options)
  return defineAuthenticator(
    {
      filterName: FACTORY,
      challenge: null,
      authenticate: (exchange) => verifier.authenticate(exchange),
      explain: (exchange) => verifier.explain(exchange),
      strip: (exchange) =>
        exchange.with({ headers: changeHeaders(exchange.headers, { [verifier.form.field]: undefined }) }),
    },
    options,
  )
}

const FACTORY = 'webhookSignature'

class WebhookVerifier {
  readonly form: WebhookForm
  readonly #secrets: readonly KeyObject[]
  readonly #accepted: Authentication & { readonly outcome: 'accepted' }
  readonly #toleranceMs: Milliseconds
  readonly #maxBodyBytes: Bytes
  readonly #replayStore: ReplayStore | undefined
  readonly #now: () => Milliseconds

  constructor(options: WebhookSignatureOptions) {
    const { form = 'standard-webhooks', secrets, principal = { id: form } } = options
    this.form = WEBHOOK_FORMS[form]
    // The value is never shown.
    const wrong = (): Error => optionError(FACTORY, 'secrets', 'another', `one or more, each ${this.form.secret}`)
    if (secrets === undefined || secrets.length === 0) throw wrong()
    this.#secrets = secrets.map((text) => {
      const secret = this.form.readSecret(text)
      if (secret === null) throw wrong()
      return createSecretKey(secret)
    })
    if (options.replayStore !== undefined && !this.form.timed)
      throw optionError(FACTORY, 'replayStore', 'given', `none with '${form}', which signs no time`)
    this.#accepted = { outcome: 'accepted', principal: makePrincipal('webhook', principal) }
    this.#toleranceMs = options.toleranceMs ?? 300_000
    this.#maxBodyBytes = options.maxBodyBytes ?? 1024 * 1024
    this.#replayStore = options.replayStore
    this.#now = options.now ?? Date.now
  }

  authenticate(exchange: Exchange): Authentication | Promise<Authentication> {
    const found = this.read(exchange)
    if ('outcome' in found) return found
    return withBody(exchange, this.#maxBodyBytes, (bytes, onwards) =>
      this.#isSigned(found, bytes)
        ? this.#accept(found, bytes, onwards)
        : rejected('the signature is not good', onwards),
    )
  }

  /** Verifies a body that is there, and neither waits for one nor takes what can be used once. */
  explain(exchange: Exchange): Authentication | Unsure {
    const found = this.read(exchange)
    if ('outcome' in found) return found
    return foreseeBody(exchange, this.#maxBodyBytes, (bytes) => {
      if (!this.#isSigned(found, bytes)) return rejected('the signature is not good')
      return this.#replayStore === undefined ? this.#accepted : unsure('on whether the delivery has come before')
    })
  }

  /** What the head tells. */
  read({ headers }: Exchange): Delivery | Authentication {
    if (headers[this.form.field] === undefined) return { outcome: 'absent' }
    const found = this.form.read(headers)
    if (found === null) return rejected('a field of the signature is missing or malformed')
    if (found.sentAt === null) return found
    const age = this.#now() - found.sentAt
    if (Math.abs(age) > this.#toleranceMs)
      return rejected(age > 0 ? 'the delivery is too old' : 'the delivery is of the future')
    return found
  }

  #isSigned({ prefix, signatures }: Delivery, bytes: Uint8Array): boolean {
    return this.#secrets.some((secret) => {
      const known = createHmac('sha256', secret).update(prefix).update(bytes).digest()
      return signatures.some((signature) => sameSecret(signature, known))
    })
  }

  #accept(
    { prefix, sentAt }: Delivery,
    bytes: Uint8Array,
    exchange: Exchange,
  ): Authentication | Promise<Authentication> {
    const accepted: Authentication = { ...this.#accepted, exchange }
    if (this.#replayStore === undefined) return accepted
    // What was signed, not a signature: of two, while secrets change, somebody could leave one out.
    const id = createHash('sha256').update(`webhook ${this.form.field} ${prefix}`).update(bytes).digest('base64url')
    const ttlMs = sentAt! + this.#toleranceMs - this.#now()
    return claimed(this.#replayStore, id, ttlMs, accepted, rejected('the delivery has come before', exchange))
  }
}
