import { hash } from 'node:crypto'
import type { Exchange } from '../../../exchange.js'
import { changeHeaders } from '../../../http/header-map.js'
import { type Unsure, unsure } from '../authentication.js'
import { type Authentication, type Authenticator, defineAuthenticator } from '../authenticator.js'
import { nameOf } from './component.js'
import { digestFault } from './content-digest.js'
import {
  type HttpSignatureOptions,
  type ReadHttpSignatureOptions,
  type ReadyKey,
  readHttpSignatureOptions,
  SCHEME,
} from './http-signature-options.js'
import { claimed } from './replay-store.js'
import { readSignatures, type Signature, signatureBase } from './signature.js'
import { type Claims, readClaims } from './signature-policy.js'
import { foreseeBody, rejected, withBody } from './signed-body.js'
import { SignedMessage } from './signed-message.js'

/**
 * Knows clients by the signatures of their requests (HTTP Message Signatures, RFC 9421), and holds a signed Content-Digest (RFC 9530)
 * against the body.
 *
 * A request passes with one signature that covers what it must, is young enough, and is good by a key that is known. What was signed is
 * compared as the client sent it, mount point included, before anything is made canonical. Each key is bound to one algorithm; an `alg`
 * that says another is refused (§3.2). See `docs/signatures.md`.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`; `ERR_EDGE_STORE` at run time from a `replayStore` that fails.
 * @example
 * ```ts
 * const partners = httpSignature({
 *   keys: { 'partner-7': { algorithm: 'hmac-sha256', key: process.env.PARTNER_7_SECRET ?? '' } },
 *   replayStore: memoryReplayStore(),
 * })
 * ```
 */
export function httpSignature(options: HttpSignatureOptions): Authenticator {
  const verifier = new HttpSignature(readHttpSignatureOptions(options))
  return defineAuthenticator(
    {
      filterName: 'httpSignature',
      // No authentication scheme is registered for it (RFC 9421 §1.4).
      challenge: null,
      authenticate: (exchange) => verifier.authenticate(exchange),
      explain: (exchange) => verifier.explain(exchange),
      strip: (exchange) => exchange.with({ headers: changeHeaders(exchange.headers, STRIPPED) }),
    },
    options,
  )
}

const STRIPPED = { signature: undefined, 'signature-input': undefined }

/** A signature that is good, as far as the head tells. */
interface Good {
  readonly message: SignedMessage
  readonly signature: Signature
  readonly claims: Claims
  readonly key: ReadyKey
}

type Judged = Good | Authentication

/** A signature that may be, with what it claims. */
type Candidate = Pick<Good, 'signature' | 'claims'>

class HttpSignature {
  readonly #options: ReadHttpSignatureOptions

  constructor(options: ReadHttpSignatureOptions) {
    this.#options = options
  }

  authenticate(exchange: Exchange): Authentication | Promise<Authentication> {
    const judged = this.#judge(exchange)
    return judged instanceof Promise
      ? judged.then((late) => this.#finish(late, exchange))
      : this.#finish(judged, exchange)
  }

  /** Verifies what is there, and neither asks for keys, nor waits for a body, nor takes a nonce. */
  explain(exchange: Exchange): Authentication | Unsure {
    const found = this.#candidates(exchange)
    if ('outcome' in found) return found
    if (this.#options.asks) return unsure('it would look for the key')
    const judged = this.#firstGood(found.list, 0, new SignedMessage(exchange), found.why) as Judged
    if (!('signature' in judged)) return judged
    const { replayStore, maxBodyBytes } = this.#options
    const accepted: Authentication = { outcome: 'accepted', principal: judged.key.principal }
    const good = replayStore === undefined ? accepted : unsure('on whether the nonce has come before')
    if (!signsBody(judged)) return good
    return foreseeBody(exchange, maxBodyBytes, (bytes) => {
      const fault = digestFault(judged.message.value('content-digest')!, bytes)
      return fault === null ? good : rejected(fault)
    })
  }

  /** All that the head tells. */
  #judge(exchange: Exchange): Judged | Promise<Judged> {
    const found = this.#candidates(exchange)
    return 'outcome' in found ? found : this.#firstGood(found.list, 0, new SignedMessage(exchange), found.why)
  }

  /** The signatures that may be good, and what is wrong with the others; or that there is none. */
  #candidates(exchange: Exchange): { readonly list: readonly Candidate[]; readonly why: string } | Authentication {
    const { label, tag, now } = this.#options
    const found = readSignatures(exchange.headers)
    if (found === null) return { outcome: 'absent' }
    if (typeof found === 'string') return rejected(found)
    const ours = found.filter(
      (each) =>
        (label === undefined || each.label === label) && (tag === undefined || each.params.get('tag')?.value === tag),
    )
    if (ours.length === 0) return { outcome: 'absent' }
    const at = now()
    const candidates: Candidate[] = []
    let why = ''
    for (const signature of ours) {
      const claims = readClaims(signature, exchange, this.#options, at)
      if (typeof claims === 'string') why ||= claims
      else candidates.push({ signature, claims })
    }
    return candidates.length === 0 ? rejected(why) : { list: candidates, why }
  }

  #firstGood(
    candidates: readonly Candidate[],
    at: number,
    message: SignedMessage,
    why: string,
  ): Judged | Promise<Judged> {
    const candidate = candidates[at]
    if (candidate === undefined) return rejected(why)
    const judge = (key: ReadyKey | undefined): Judged | Promise<Judged> => {
      const fault = this.#fault(candidate, key, message)
      return fault === null
        ? { ...candidate, message, key: key! }
        : this.#firstGood(candidates, at + 1, message, why || fault)
    }
    const key = this.#options.findKey(candidate.claims.keyid)
    return key instanceof Promise ? key.then(judge) : judge(key)
  }

  #fault({ signature, claims }: Candidate, key: ReadyKey | undefined, message: SignedMessage): string | null {
    if (key === undefined) return 'the keyid is not known'
    if (claims.algorithm !== null && claims.algorithm !== key.algorithm) return 'the alg is not that of the key'
    const base = signatureBase(signature, message, this.#options.types)
    if (typeof base === 'string') return 'the signature covers what the request does not have'
    return key.verify(base, signature.bytes) ? null : 'the signature is not good'
  }

  #finish(judged: Judged, exchange: Exchange): Authentication | Promise<Authentication> {
    if (!('signature' in judged)) return judged
    if (!signsBody(judged)) return this.#accept(judged, exchange)
    const digest = judged.message.value('content-digest')!
    return withBody(exchange, this.#options.maxBodyBytes, (bytes, onwards) => {
      const fault = digestFault(digest, bytes)
      return fault === null ? this.#accept(judged, onwards) : rejected(fault, onwards)
    })
  }

  /** Last of all, so that a nonce is spent by nothing but what passes. */
  #accept({ key: { principal }, claims }: Good, exchange: Exchange): Authentication | Promise<Authentication> {
    const accepted: Authentication = { outcome: 'accepted', principal, exchange }
    const { replayStore, now } = this.#options
    if (replayStore === undefined) return accepted
    // Of one length, however long a nonce is.
    const id = hash('sha256', JSON.stringify([SCHEME, claims.keyid, claims.nonce]), 'base64url')
    return claimed(replayStore, id, claims.goodUntil - now(), accepted, rejected('the nonce has come before', exchange))
  }
}

function signsBody({ signature }: Good): boolean {
  return [...signature.components.values()].some((item) => nameOf(item) === 'content-digest')
}
