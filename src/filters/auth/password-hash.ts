import { randomBytes, type ScryptOptions, scrypt } from 'node:crypto'
import { sameSecret } from './same-secret.js'

function derive(password: string, salt: Buffer, length: number, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, length, options, (error, key) => (error === null ? resolve(key) : reject(error)))
  })
}

/** 2¹⁵ blocks of 8, three times: 32 MiB, as OWASP's password storage cheat sheet has it among its equals. */
const COST: Cost = { ln: 15, r: 8, p: 3 }
const LENGTH = 32

interface Cost {
  readonly ln: number
  readonly r: number
  readonly p: number
}

/** A hash, taken apart. */
export interface PasswordHash extends Cost {
  readonly salt: Buffer
  readonly key: Buffer
}

/**
 * A password as it may be kept: salted and hashed by scrypt, in the PHC string format (`$scrypt$ln=15,r=8,p=3$…`). For the `users` of
 * {@link basicAuth}.
 *
 * @example
 * ```ts
 * console.log(await hashPassword('correct horse battery staple'))
 * ```
 */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const key = await keyOf(password, { ...COST, salt }, LENGTH)
  const { ln, r, p } = COST
  return `$scrypt$ln=${ln},r=${r},p=${p}$${base64(salt)}$${base64(key)}`
}

const FORMAT = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/

/** Whether a text looks like a hash rather than a password. */
export function isHash(text: string): boolean {
  return text.startsWith('$scrypt$')
}

/** Reads what {@link hashPassword} made; `null` for anything else, or for a cost that would hold the process up. */
export function readHash(text: string): PasswordHash | null {
  const found = FORMAT.exec(text)
  if (found === null) return null
  const [ln, r, p] = found.slice(1, 4).map(Number) as [number, number, number]
  if (ln < 1 || ln > 20 || r < 1 || p < 1 || 2 ** ln * r > 2 ** 21) return null
  return { ln, r, p, salt: Buffer.from(found[4]!, 'base64'), key: Buffer.from(found[5]!, 'base64') }
}

/** A hash of the same cost that no password has. */
export function nobodys({ ln, r, p, key }: PasswordHash): PasswordHash {
  return { ln, r, p, salt: randomBytes(16), key: randomBytes(key.length) }
}

export async function isPassword(password: string, hash: PasswordHash): Promise<boolean> {
  return sameSecret(await keyOf(password, hash, hash.key.length), hash.key)
}

function keyOf(
  password: string,
  { ln, r, p, salt }: Cost & { readonly salt: Buffer },
  length: number,
): Promise<Buffer> {
  const N = 2 ** ln
  return derive(password.normalize('NFC'), salt, length, { N, r, p, maxmem: 256 * N * r })
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
