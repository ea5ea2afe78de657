import { check, optionError } from '../../options.js'
import type { Principal } from '../auth/principal.js'
import { type ConsumerLike, checkConsumer, type KnownConsumer, makeConsumer } from './make-consumer.js'

/** A principal by its id, whatever scheme it was found out by, or by one scheme only. */
export type PrincipalName = string | { readonly scheme: string; readonly id: string }

/** A consumer, and who asks for it. */
export interface ListedConsumer extends ConsumerLike {
  /** Whose requests are its own. @default the principal with the consumer's id */
  readonly principals?: readonly PrincipalName[] | undefined
}

/** Finds a principal's consumer in a list. */
export type FindConsumer = (principal: Principal) => KnownConsumer | undefined

/** @throws {@link EdgeError} `ERR_EDGE_OPTION` for what is no consumer, and for a principal of two. */
export function compileList(list: readonly ListedConsumer[]): FindConsumer {
  const byId = new Map<string, KnownConsumer>()
  const bySchemeAndId = new Map<string, KnownConsumer>()
  for (const [at, entry] of list.entries()) {
    checkConsumer(`consumers: list[${at}]`, entry, { principals: check.array })
    const known = makeConsumer(entry)
    for (const name of entry.principals ?? [entry.id]) {
      if (!isName(name))
        throw optionError(`consumers: list[${at}]`, 'principals', name, 'ids of principals, or { scheme, id }')
      const [names, key] = typeof name === 'string' ? [byId, name] : [bySchemeAndId, nameOf(name)]
      if (names.has(key)) throw optionError(`consumers: list[${at}]`, 'principals', key, 'each principal once')
      names.set(key, known)
    }
  }
  return (principal) => bySchemeAndId.get(nameOf(principal)) ?? byId.get(principal.id)
}

/** A principal's name in one text. Schemes have no spaces. */
export function nameOf({ scheme, id }: { readonly scheme: string; readonly id: string }): string {
  return `${scheme} ${id}`
}

function isName(name: unknown): boolean {
  if (typeof name === 'string') return name !== ''
  const { scheme, id } = (name ?? {}) as Partial<Record<'scheme' | 'id', unknown>>
  return typeof scheme === 'string' && !scheme.includes(' ') && typeof id === 'string'
}
