import type { KeyObject } from 'node:crypto'
import { type Bytes, type Check, check, checkOptions, type Milliseconds, optionError } from '../../../options.js'
import { type AuthOptions, authChecks } from '../authenticator.js'
import { makePrincipal } from '../make-principal.js'
import type { Principal, PrincipalLike } from '../principal.js'
import { ALGORITHMS, compileKey, type SignatureAlgorithm, type Verify } from './algorithms.js'
import { nameOf, REGISTERED, type StructuredTypes } from './component.js'
import { readItem } from './read-structured.js'
import type { ReplayStore } from './replay-store.js'
import type { SignaturePolicy } from './signature-policy.js'
import { type StructuredType, writeItem } from './structured-field.js'

/** A key, the one algorithm that it is for, and whose it is. */
export interface SignatureKey {
  /** What a signature by this key must be made with, whatever it says of itself. */
  readonly algorithm: SignatureAlgorithm
  /** For `hmac-sha256` a secret of 32 bytes or more, text as its UTF-8; for all others a public key, as PEM or a `KeyObject`. */
  readonly key: string | Uint8Array | KeyObject
  /** Whose key it is. @default the keyid */
  readonly principal?: PrincipalLike | undefined
}

/** Finds a key by its keyid; `undefined` for one that is not known. Give the same object for the same key: what is made of it is kept with it. */
export type FindSignatureKey = (keyid: string) => SignatureKey | undefined | Promise<SignatureKey | undefined>

export interface HttpSignatureOptions extends AuthOptions {
  /** By keyid. */
  readonly keys: Readonly<Record<string, SignatureKey>> | FindSignatureKey
  /**
   * What a signature must cover, more it may. `@authority`, `@path` and `@query` together do for `@target-uri`; `content-digest` is asked
   * of requests with a body only, which is then held against it. @default ['@method', '@target-uri', 'content-digest']
   */
  readonly components?: readonly string[] | undefined
  /** Looks at the signature of this label only. @default any */
  readonly label?: string | undefined
  /** Looks at signatures with this `tag` only, which names an application. @default any */
  readonly tag?: string | undefined
  /** How long after `created`, which must be there, a signature is good; `expires` can make it shorter. @default 300_000 */
  readonly maxAgeMs?: Milliseconds | undefined
  /** How far a signer's clock may be off. @default 30_000 */
  readonly clockSkewMs?: Milliseconds | undefined
  /** Wants a `nonce`, and takes each once for a key. @default none: what was overheard can be sent again while it is good */
  readonly replayStore?: ReplayStore | undefined
  /** Longest body to read and check; a longer one is a 413. @default 1_048_576 */
  readonly maxBodyBytes?: Bytes | undefined
  /** Types of fields of your own that may be signed with `sf`. @default those that RFCs define */
  readonly structuredFields?: Readonly<Record<string, StructuredType>> | undefined
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: (() => Milliseconds) | undefined
}

/** A key that is ready. */
export interface ReadyKey {
  readonly algorithm: SignatureAlgorithm
  readonly verify: Verify
  readonly principal: Principal
}

export interface ReadHttpSignatureOptions extends SignaturePolicy {
  readonly findKey: (keyid: string) => ReadyKey | undefined | Promise<ReadyKey | undefined>
  /** Whether somebody is asked for keys. */
  readonly asks: boolean
  readonly label: string | undefined
  readonly tag: string | undefined
  readonly replayStore: ReplayStore | undefined
  readonly maxBodyBytes: Bytes
  readonly types: StructuredTypes
  readonly now: () => Milliseconds
}

export const SCHEME = 'http-signature'
const FACTORY = 'httpSignature'

/** A body is held in memory until it is checked. */
export const MOST_BODY_BYTES: Bytes = 64 * 1024 * 1024

export const isReplayStore: Check = (value) =>
  typeof (value as Partial<ReplayStore> | null)?.claim === 'function'
    ? undefined
    : 'a replay store, as memoryReplayStore()'

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function readHttpSignatureOptions(options: HttpSignatureOptions): ReadHttpSignatureOptions {
  checkOptions(FACTORY, options, {
    keys: check.either(check.object, check.function),
    components: check.strings,
    label: check.string,
    tag: check.string,
    maxAgeMs: check.duration,
    clockSkewMs: check.durationOrOff,
    replayStore: isReplayStore,
    maxBodyBytes: check.whole(0, MOST_BODY_BYTES),
    structuredFields: check.object,
    now: check.function,
    ...authChecks,
  })
  const { keys, components = ['@method', '@target-uri', 'content-digest'], replayStore } = options
  if (keys === undefined) throw optionError(FACTORY, 'keys', undefined, 'keys by keyid, or a function')
  return {
    findKey: typeof keys === 'function' ? finder(keys) : keeper(keys),
    asks: typeof keys === 'function',
    required: components.map(identifier),
    label: options.label,
    tag: options.tag,
    maxAgeMs: options.maxAgeMs ?? 300_000,
    clockSkewMs: options.clockSkewMs ?? 30_000,
    wantsNonce: replayStore !== undefined,
    replayStore,
    maxBodyBytes: options.maxBodyBytes ?? 1024 * 1024,
    types: readTypes(options.structuredFields ?? {}),
    now: options.now ?? Date.now,
  }
}

/** A component's name as it is written: `@method`, or with parameters, `"@query-param";name="id"`. */
function identifier(component: string): string {
  const item = readItem(component.startsWith('"') ? component : `"${component}"`)
  if (item === null || nameOf(item) === null)
    throw optionError(FACTORY, 'components', component, "'@method', 'content-type', '\"@query-param\";name=\"id\"'")
  return writeItem(item)
}

function readTypes(own: Readonly<Record<string, StructuredType>>): StructuredTypes {
  const types = new Map(Object.entries(REGISTERED))
  for (const [name, type] of Object.entries(own)) {
    if (!['item', 'list', 'dictionary'].includes(type))
      throw optionError(FACTORY, `structuredFields.${name}`, type, "'item', 'list', 'dictionary'")
    types.set(name.toLowerCase(), type)
  }
  return types
}

function keeper(keys: Readonly<Record<string, SignatureKey>>): ReadHttpSignatureOptions['findKey'] {
  const ready = new Map(Object.entries(keys).map(([keyid, key]) => [keyid, readyKey(keyid, key)]))
  if (ready.size === 0) throw optionError(FACTORY, 'keys', 'empty', 'at least one key')
  return (keyid) => ready.get(keyid)
}

function finder(find: FindSignatureKey): ReadHttpSignatureOptions['findKey'] {
  const ready = new WeakMap<SignatureKey, { readonly keyid: string; readonly key: ReadyKey }>()
  const prepare = (keyid: string, given: SignatureKey | undefined): ReadyKey | undefined => {
    if (given === undefined) return undefined
    const known = ready.get(given)
    if (known?.keyid === keyid) return known.key
    const key = readyKey(keyid, given)
    ready.set(given, { keyid, key })
    return key
  }
  return (keyid) => {
    const found = find(keyid)
    return found instanceof Promise ? found.then((late) => prepare(keyid, late)) : prepare(keyid, found)
  }
}

function readyKey(keyid: string, given: SignatureKey): ReadyKey {
  const option = `keys.${keyid}`
  checkOptions(`${FACTORY} ${option}`, given, {
    algorithm: check.oneOf(...ALGORITHMS),
    key: check.anything,
    principal: check.object,
  })
  const { algorithm, key, principal = { id: keyid } } = given
  if (algorithm === undefined) throw optionError(FACTORY, `${option}.algorithm`, undefined, ALGORITHMS.join(', '))
  return {
    algorithm,
    verify: compileKey(FACTORY, `${option}.key`, algorithm, key),
    principal: makePrincipal(SCHEME, principal),
  }
}
