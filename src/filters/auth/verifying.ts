import { asError, EdgeError, errorCode } from '../../errors.js'
import { type Authentication, accepted } from './authentication.js'
import { makePrincipal, whyNoPrincipal } from './make-principal.js'
import type { PrincipalLike } from './principal.js'

/**
 * Asks a verifier of the user's and reads what it says. What it throws is never a pass: an {@link EdgeError} stays what it is, anything
 * else becomes one.
 */
export function askVerifier<T>(
  filterName: string,
  ask: () => T | Promise<T>,
  read: (answer: T) => Authentication,
): Authentication | Promise<Authentication> {
  try {
    const answer = ask()
    if (!isPromise(answer)) return read(answer)
    return Promise.resolve(answer)
      .then(read)
      .catch((error) => {
        throw verifierError(filterName, error)
      })
  } catch (error) {
    throw verifierError(filterName, error)
  }
}

/** Accepts whom a verifier named. @throws {@link EdgeError} `ERR_EDGE_VERIFIER` if that is no principal. */
export function acceptedAs(filterName: string, scheme: string, like: unknown): Authentication {
  const wrong = whyNoPrincipal(like)
  if (wrong !== undefined)
    throw new EdgeError('ERR_EDGE_VERIFIER', `${filterName}: the verifier answered with no principal: needs ${wrong}`)
  return accepted(makePrincipal(scheme, like as PrincipalLike))
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as Promise<T> | null)?.then === 'function'
}

/** A 503 for what could not be reached, which may be better soon; a 500 for a fault. */
export function verifierError(filterName: string, thrown: unknown): EdgeError {
  const error = asError(thrown)
  if (error instanceof EdgeError) return error
  const unreachable = /^(?:E(?!RR_)[A-Z_]+|UND_ERR_[A-Z_]+)$/.test(errorCode(error)) || error.name === 'TimeoutError'
  const code = unreachable ? 'ERR_EDGE_AUTH_SOURCE' : 'ERR_EDGE_VERIFIER'
  return new EdgeError(code, `${filterName}: the verifier failed`, { cause: error })
}
