import { listMembers } from './field-list.js'
import { fieldValue, type HeaderMap } from './header-map.js'

/** The Vary of a reply that depends on more request fields than it says; `*` says all there is to say. */
export function withVary(headers: HeaderMap, fields: readonly string[]): string {
  const value = fieldValue(headers, 'vary') ?? ''
  const names = listMembers(value)
  if (names.includes('*')) return '*'
  const known = new Set(names.map((name) => name.toLowerCase()))
  const added = fields.filter((field) => !known.has(field.toLowerCase()))
  return [...(value === '' ? [] : [value]), ...added].join(', ')
}
