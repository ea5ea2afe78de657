import { listMembers } from './field-list.js'
import { fieldValue, type HeaderMap } from './header-map.js'

/** The Vary of a reply that depends on more request fields than it says; `*` says all there is to say. */
export function withVary(headers: HeaderMap, fields: readonly string[]): string {
  const value = fieldValue(headers, 'vary')
  if (value === undefined) return fields.join(', ')
  const names = listMembers(value)
  if (names.includes('*')) return '*'
  let vary = names.length === 0 ? '' : value
  for (const field of fields) {
    const lower = field.toLowerCase()
    if (!names.some((name) => name.toLowerCase() === lower)) vary = vary === '' ? field : `${vary}, ${field}`
  }
  return vary
}
