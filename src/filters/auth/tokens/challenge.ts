import { optionError } from '../../../options.js'
import type { Authentication } from '../authenticator.js'

/** Why a token is not good; for those who listen, never for the client. */
export type Reject = (why: string, status?: number) => Authentication & { readonly outcome: 'rejected' }

/** What a factory of bearer tokens says in WWW-Authenticate (RFC 6750 §3). */
export interface BearerChallenge {
  /** To who sent none: a realm, and no error code. */
  readonly plain: string
  readonly reject: Reject
}

/** @throws {@link EdgeError} `ERR_EDGE_OPTION` for a realm that cannot stand between quotes. */
export function bearerChallenge(factory: string, realm: string): BearerChallenge {
  if (!/^[\x20-\x7e]*$/.test(realm) || /["\\]/.test(realm))
    throw optionError(factory, 'realm', realm, 'printable ASCII without quotes and backslashes')
  const plain = `Bearer realm="${realm}"`
  const challenge = `${plain}, error="invalid_token"`
  return { plain, reject: (why, status = 401) => ({ outcome: 'rejected', why, status, challenge }) }
}
