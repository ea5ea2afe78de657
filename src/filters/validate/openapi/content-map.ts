import { type MediaType, readMediaType } from '../../../http/media-type.js'
import { type Document, documentError, type Located, membersOf, step } from './document.js'

/** What a Content Object gives for one media type or range. */
interface Entry<T> {
  readonly range: string
  readonly value: T
}

/** What is given for a media type: by name, then by its range, then by that of all (OpenAPI 3.1.1 §4.8.14). */
export interface ContentMap<T> {
  /** The types and ranges, for an Accept field. */
  readonly ranges: string
  for(type: MediaType): T | undefined
}

/** Reads a Content Object; `null` if there is none. */
export function compileContent<T>(
  { node, pointer }: Located,
  document: Document,
  make: (media: Located, type: MediaType) => T,
): ContentMap<T> | null {
  const content = step(pointer, 'content')
  const entries = membersOf(node, 'content').map(([name]): Entry<T> => {
    const type = readMediaType(name)
    if (type === null) throw documentError(content, `the media type ${name}`)
    const at = step(content, name)
    return { range: type.essence, value: make({ node: document.at(at).node, pointer: at }, type) }
  })
  if (entries.length === 0) return null
  const known = new Map(entries.map(({ range, value }) => [range, value] as const))
  return {
    ranges: entries.map(({ range }) => range).join(', '),
    for: ({ essence }) => {
      const range = [essence, `${essence.split('/', 1)[0]}/*`, '*/*'].find((each) => known.has(each))
      return range === undefined ? undefined : known.get(range)
    },
  }
}
