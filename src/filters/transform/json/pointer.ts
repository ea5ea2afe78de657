import { optionError } from '../../../options.js'
import { isContainer } from './exact-json.js'

/** Every member of an object, or item of an array. */
const EACH: unique symbol = Symbol('each')

/** A JSON Pointer (RFC 6901), taken apart. */
export type Pointer = readonly (string | typeof EACH)[]

/** Somewhere in a value: what holds it, and the name or index it goes by, which may be that of nothing yet. */
export type Place =
  | { readonly holder: Record<string, unknown>; readonly key: string }
  | { readonly holder: unknown[]; readonly key: number }

const ALLOWED = 'a JSON Pointer to something in the value, as /user/name or /users/*/name'

/**
 * Reads a JSON Pointer, in which a `*` is every member or item.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 */
export function compilePointer(factory: string, option: string, pointer: unknown): Pointer {
  if (typeof pointer !== 'string' || !/^(?:\/(?:[^~/]|~[01])*)+$/.test(pointer))
    throw optionError(factory, option, pointer, ALLOWED)
  return pointer
    .slice(1)
    .split('/')
    .map((step) => (step === '*' ? EACH : step.replaceAll('~1', '/').replaceAll('~0', '~')))
}

/**
 * The places that a pointer names, last first, so that one taken out of an array moves none that is to come.
 *
 * @param makes Whether objects are made on the way where there is nothing.
 */
export function placesOf(root: unknown, pointer: Pointer, makes: boolean): Place[] {
  let holders: unknown[] = [root]
  for (const step of pointer.slice(0, -1)) {
    holders = holders
      .flatMap((holder) => within(holder, step))
      .map((place) => {
        if (makes && isFree(place)) put(place, {})
        return at(place)
      })
  }
  return holders.flatMap((holder) => within(holder, pointer.at(-1)!)).reverse()
}

/** What is at a place; `undefined` for nothing. Inherited names, as `constructor`, are nothing. */
export function at(place: Place): unknown {
  return isFree(place) ? undefined : (place.holder as Record<string | number, unknown>)[place.key]
}

/** Puts a value at a place. `__proto__` is a name like any other (H-154). */
export function put({ holder, key }: Place, value: unknown): void {
  Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true })
}

/** Takes out what is at a place. */
export function take(place: Place): void {
  if (isFree(place)) return
  if (Array.isArray(place.holder)) place.holder.splice(place.key as number, 1)
  else delete place.holder[place.key]
}

export function isFree({ holder, key }: Place): boolean {
  return !Object.hasOwn(holder, key)
}

/** The places of one step: none in what has neither members nor items; in an array, up to the one behind its last, which is `-`, too. */
function within(holder: unknown, step: Pointer[number]): Place[] {
  if (!isContainer(holder)) return []
  if (!Array.isArray(holder))
    return step === EACH ? Object.keys(holder).map((key) => ({ holder, key })) : [{ holder, key: step }]
  if (step === EACH) return holder.map((_, key) => ({ holder, key }))
  const key = step === '-' ? holder.length : /^(?:0|[1-9]\d{0,8})$/.test(step) ? Number(step) : -1
  return key < 0 || key > holder.length ? [] : [{ holder, key }]
}
