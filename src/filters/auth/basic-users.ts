import { randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { optionError } from '../../options.js'
import { makePrincipal, whyNoPrincipal } from './make-principal.js'
import { isHash, isPassword, nobodys, type PasswordHash, readHash } from './password-hash.js'
import type { Principal, PrincipalLike } from './principal.js'
import { digestOf, sameDigest } from './same-secret.js'

/** A user of `basicAuth`: the password, or its hash by `hashPassword`, with what is known of the user. The id is the name unless given. */
export interface BasicUser extends Partial<PrincipalLike> {
  /** As it is typed, or its hash. */
  readonly password: string
}

/** By name: a password, its hash, or more about the user. */
export type BasicUsers = Readonly<Record<string, string | BasicUser>>

/** Tells whose name and password these are. An unknown name takes the same work as a wrong password (H-132). */
export interface CheckPassword {
  (name: string, password: string): Principal | null | Promise<Principal | null>
  /** The same without a trace; where that takes work, what does it. */
  recall(name: string, password: string): Principal | null | (() => Promise<Principal | null>)
}

interface Known<T> {
  readonly secret: T
  readonly principal: Principal
}

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function compileUsers(users: BasicUsers): CheckPassword {
  const entries = Object.entries(users).map(([name, user]) => read(name, user))
  if (entries.length === 0) throw refuse('users', users, 'at least one user')
  const hashed = entries.filter(({ secret }) => isHash(secret))
  if (hashed.length === 0)
    return plain(new Map(entries.map((each) => [each.name, { ...each, secret: digestOf(each.secret) }])))
  const hashes = hashed.map(({ name, secret }) => hashOf(name, secret))
  const [first] = hashes as [PasswordHash]
  // By the time that one takes it could be told from the others, and from names that nobody has.
  if (
    hashed.length < entries.length ||
    !hashes.every(({ ln, r, p }) => ln === first.ln && r === first.r && p === first.p)
  )
    throw refuse('users', users, 'passwords that are all as they are, or all hashed at the same cost')
  return slow(new Map(hashed.map((each, at) => [each.name, { ...each, secret: hashes[at]! }])), nobodys(first))
}

function plain(users: ReadonlyMap<string, Known<string>>): CheckPassword {
  const nobody = digestOf(randomBytes(32))
  const check = (name: string, password: string): Principal | null => {
    const user = users.get(name)
    const same = sameDigest(digestOf(password), user?.secret ?? nobody)
    return same && user !== undefined ? user.principal : null
  }
  return Object.assign(check, { recall: check })
}

/** Remembers pairs that were right, since hashing one takes a tenth of a second: only clients who know one get an entry. */
function slow(users: ReadonlyMap<string, Known<PasswordHash>>, nobody: PasswordHash): CheckPassword {
  const right = new LRUCache<string, Principal>({ max: 1_000 })
  const hashed = async (name: string, password: string): Promise<Principal | null> => {
    const user = users.get(name)
    const same = await isPassword(password, user?.secret ?? nobody)
    return same && user !== undefined ? user.principal : null
  }
  const check = (name: string, password: string): Principal | Promise<Principal | null> => {
    const pair = pairOf(name, password)
    const known = right.get(pair)
    if (known !== undefined) return known
    return hashed(name, password).then((principal) => {
      if (principal !== null) right.set(pair, principal)
      return principal
    })
  }
  return Object.assign(check, {
    recall: (name: string, password: string) => right.peek(pairOf(name, password)) ?? (() => hashed(name, password)),
  })
}

function pairOf(name: string, password: string): string {
  return digestOf(`${name}:${password}`)
}

function read(given: string, user: string | BasicUser): Known<string> & { readonly name: string } {
  const name = given.normalize('NFC')
  if (name === '' || /[:\p{Cc}]/u.test(name)) throw refuse('users', name, 'names without colon or control characters')
  const { password, ...like } = typeof user === 'string' ? { password: user } : (user ?? {})
  // An empty one is most likely a variable that was not set.
  if (typeof password !== 'string' || password === '' || /\p{Cc}/u.test(password))
    throw refuse(`users.${name}`, undefined, 'a password without control characters, or { password, … }')
  const principal = { id: name, ...like }
  const wrong = whyNoPrincipal(principal)
  if (wrong !== undefined) throw refuse(`users.${name}`, undefined, wrong)
  return { name, secret: password.normalize('NFC'), principal: makePrincipal('basic', principal) }
}

function hashOf(name: string, secret: string): PasswordHash {
  const hash = readHash(secret)
  if (hash === null) throw refuse(`users.${name}`, undefined, 'a hash as hashPassword() makes')
  return hash
}

/** The value is left out where it could be a password. */
function refuse(option: string, value: unknown, allowed: string): Error {
  return optionError('basicAuth', option, value, allowed)
}
