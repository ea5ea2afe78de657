import type { BasicUser } from '../../filters/auth/basic-users.js'
import type { KeyEntry } from '../../filters/auth/known-keys.js'
import type { Section } from './section.js'

/** A key that signs tokens, and whose it is. */
export interface KongJwtSecret {
  /** The `iss` of the tokens that it signs. */
  readonly issuer: string
  readonly algorithm: string
  readonly key: string
  readonly owner: string
}

/** Who may ask, with their credentials and groups. */
export interface KongConsumers {
  readonly keys: readonly KeyEntry[]
  readonly users: Readonly<Record<string, BasicUser>>
  readonly jwtSecrets: readonly KongJwtSecret[]
}

/** Reads `consumers`, of which an entity is one, with the credentials that stand in it. */
export function readConsumers(list: readonly Section[]): KongConsumers {
  const keys: KeyEntry[] = []
  const users: Record<string, BasicUser> = {}
  const jwtSecrets: KongJwtSecret[] = []
  for (const consumer of list) {
    const id = consumer.text('username') ?? consumer.text('custom_id') ?? ''
    consumer.skip('custom_id')
    const groups = consumer.sections('acls').map((acl) => acl.text('group') ?? '')
    const who = { id, groups }
    for (const credential of consumer.sections('keyauth_credentials')) {
      keys.push({ ...who, key: credential.text('key') ?? '' })
      credential.skip('ttl').finish('unsafe')
    }
    for (const credential of consumer.sections('basicauth_credentials')) {
      const password = credential.text('password') ?? ''
      if (credential.flag('skip_hash') === true)
        credential.note('left-out', 'a password that is hashed already: this user cannot log in')
      else users[credential.text('username') ?? ''] = { ...who, password }
      credential.finish('left-out')
    }
    for (const credential of consumer.sections('jwt_secrets')) {
      const algorithm = credential.text('algorithm') ?? 'HS256'
      const [secret, publicKey] = [credential.text('secret'), credential.text('rsa_public_key')]
      const key = algorithm.startsWith('HS') ? secret : publicKey
      jwtSecrets.push({ issuer: credential.text('key') ?? '', algorithm, key: key ?? '', owner: id })
      credential.finish('left-out')
    }
    for (const plugin of consumer.sections('plugins'))
      plugin.note('unsafe', `plugin "${plugin.any('name')}" of a consumer: use consumers() and planLimits()`)
    // A credential that is not carried over lets nobody in.
    consumer.finish('left-out')
  }
  return { keys, users, jwtSecrets }
}
