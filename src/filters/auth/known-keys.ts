import { randomBytes } from 'node:crypto'
import { optionError } from '../../options.js'
import { makePrincipal, whyNoPrincipal } from './make-principal.js'
import type { Principal, PrincipalLike } from './principal.js'
import { digestOf, sameDigest } from './same-secret.js'

/** A key and who has it. The key may be given as `sha256:` and its digest in hexadecimal, so that no configuration holds it. */
export interface KeyEntry extends PrincipalLike {
  /** As it is sent, or its digest. */
  readonly key: string
}

/** Who has which key: owners by key, or a list of keys with their owners. */
export type ApiKeys = Readonly<Record<string, PrincipalLike>> | readonly KeyEntry[]

/** What a key may consist of: visible ASCII; a comma is where two fields of one name were joined. */
export const KEY: RegExp = /^[\x21-\x2b\x2d-\x7e]+$/
const DIGEST = /^sha256:([0-9a-f]{64})$/i

/**
 * Tells whose key it is. Keys are held as digests and found by them: what the look-up takes tells of digests only, which nobody can lead
 * towards one that he does not know, let alone from there to its key (H-132).
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`; no key stands in its message.
 */
export function compileKeys(keys: ApiKeys): (key: string) => Principal | null {
  const owners = new Map<string, { readonly digest: string; readonly principal: Principal }>()
  const entries = Array.isArray(keys)
    ? (keys as readonly KeyEntry[])
    : Object.entries(keys as Record<string, PrincipalLike>).map(([key, like]) => ({ ...like, key }))
  for (const [at, entry] of entries.entries()) {
    const { key, ...like } = entry ?? {}
    const digest = typeof key === 'string' ? digestFrom(key) : null
    if (digest === null) throw refuse(`keys[${at}].key`, 'visible ASCII without comma')
    const wrong = whyNoPrincipal(like)
    if (wrong !== undefined) throw refuse(`keys[${at}]`, wrong)
    if (owners.has(digest)) throw refuse(`keys[${at}].key`, 'a key that no other entry has')
    owners.set(digest, { digest, principal: makePrincipal('api-key', like) })
  }
  if (owners.size === 0) throw refuse('keys', 'at least one key')
  const nobody = digestOf(randomBytes(32))
  return (key) => {
    const digest = digestOf(key)
    const owner = owners.get(digest)
    const same = sameDigest(digest, owner?.digest ?? nobody)
    return same && owner !== undefined ? owner.principal : null
  }
}

/** Of a key, or of what says its digest; `null` for neither. */
function digestFrom(key: string): string | null {
  const said = DIGEST.exec(key)?.[1]
  if (said !== undefined) return Buffer.from(said, 'hex').toString('latin1')
  return KEY.test(key) ? digestOf(key) : null
}

function refuse(option: string, allowed: string): Error {
  return optionError('apiKey', option, undefined, allowed)
}
