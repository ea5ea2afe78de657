import { optionError } from '../../../options.js'
import { isObject, type PlainObject } from '../plain-object.js'

/** An object of a document with the pointer to where it really stands. */
export interface Located {
  readonly node: PlainObject
  /** JSON pointer, without `#`. */
  readonly pointer: string
}

export const FACTORY = 'openapi'

/** Says what is wrong with a document, and where. */
export function documentError(where: string, what: string): Error {
  return optionError(FACTORY, `document${where === '' ? '' : ` ${where}`}`, what, 'an OpenAPI 3.0 or 3.1 document')
}

/** The members of what should be an object; none of what is not there. */
export function membersOf(node: PlainObject, name: string): [name: string, member: unknown][] {
  const value = Object.hasOwn(node, name) ? node[name] : undefined
  return isObject(value) ? Object.entries(value) : []
}

/** A pointer one step further. */
export function step(pointer: string, name: string): string {
  return `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** A document, and the way through its references: those within it, and no others, ever. */
export class Document {
  readonly root: PlainObject

  constructor(root: PlainObject) {
    this.root = root
  }

  /** What stands at a pointer, references followed to their end. */
  at(pointer: string): Located {
    const seen = new Set<string>()
    for (let place = pointer; ; ) {
      if (seen.has(place)) throw documentError(place, 'a reference that leads back to itself')
      seen.add(place)
      const node = this.#find(place)
      if (!isObject(node)) throw documentError(place, 'nothing that can be referred to')
      const ref = node['$ref']
      if (typeof ref !== 'string') return { node, pointer: place }
      place = localPointer(ref, place)
    }
  }

  #find(pointer: string): unknown {
    let node: unknown = this.root
    for (const part of pointer.split('/').slice(1)) {
      const name = part.replaceAll('~1', '/').replaceAll('~0', '~')
      node =
        typeof node === 'object' && node !== null && Object.hasOwn(node, name) ? (node as PlainObject)[name] : undefined
    }
    return node
  }
}

/** The pointer of a reference within the document. */
export function localPointer(ref: string, place: string): string {
  if (ref !== '#' && !ref.startsWith('#/'))
    throw documentError(place, `the reference ${ref}, which is not within the document`)
  try {
    return decodeURIComponent(ref.slice(1))
  } catch {
    throw documentError(place, `the reference ${ref}, which is not percent-encoded UTF-8`)
  }
}
