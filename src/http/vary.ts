import { listMembers } from './field-list.js'

/** A Vary field that names another request field, too, once; `*` says all there is to say. */
export function withVary(vary: string | undefined, name: string): string {
  const names = listMembers(vary ?? '')
  if (names.includes('*')) return '*'
  if (names.length === 0) return name
  const lower = name.toLowerCase()
  return names.some((each) => each.toLowerCase() === lower) ? vary! : `${vary}, ${name}`
}
