import { createHash } from 'node:crypto'
import type { Exchange } from '../../../exchange.js'
import { fieldValue } from '../../../http/header-map.js'
import { wholeOf } from '../../../whole-body.js'
import { principalOf } from '../../auth/principal.js'

/** A string of structured fields (RFC 9651 §3.3.3), as the draft has it, or the bare word that most clients send. */
const KEY = /^(?:"([ !#-[\]-~]{1,255})"|([!#-+\--:<-~]{1,255}))$/

/** What the field says; `null` if that is no key. */
export function readKey(field: string): string | null {
  const found = KEY.exec(field)
  return found === null ? null : (found[1] ?? found[2]!)
}

/** Whose keys a key is among: nobody is given another's reply for guessing the key, or for having the same. */
export function scopeOf(exchange: Exchange): string {
  const principal = principalOf(exchange)
  if (principal !== undefined) return `${principal.scheme} ${principal.id}`
  return fieldValue(exchange.headers, 'authorization') ?? ''
}

/** Names a key within its scope; of one length, whatever a client sent. */
export function idOf(scope: string, key: string): string {
  return digest([scope, key])
}

/** Tells two requests apart: the draft's §2.4. */
export function fingerprintOf(exchange: Exchange): string {
  const { method, client, target, headers } = exchange
  return digest([method, client.host ?? '', target.href, fieldValue(headers, 'content-type') ?? '', wholeOf(exchange)])
}

function digest(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  // Each behind its length, so that nothing can be moved from one to the next (H-048).
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part)
  return hash.digest('base64url')
}
