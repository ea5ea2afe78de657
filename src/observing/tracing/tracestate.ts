import { listMembers } from '../../http/field-list.js'

/** What a list has at most (https://www.w3.org/TR/trace-context/#tracestate-header). */
const MAX_MEMBERS = 32
/** What everybody must be able to pass on; more is cut. */
const MAX_LENGTH = 512
/** Members longer than this go first (§3.3.1.5). */
const LONG_MEMBER = 128
/** What is longer than this is not looked at. */
const MAX_READ = 8_192

const PRINTABLE = /^[\t\x20-\x7e]*$/
const MEMBER =
  /^(?:[a-z0-9][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/

/**
 * Reads a `tracestate` and writes it in its shortest form, in the same order: at most 32 members and 512 characters. Of two members of one key
 * the first counts. A single malformed member makes nothing of all of it, as the specification wants; nothing is the empty string.
 */
export function readTracestate(field: unknown): string {
  if (typeof field !== 'string' || field.length > MAX_READ || !PRINTABLE.test(field)) return ''
  const members = new Map<string, string>()
  for (const member of listMembers(field)) {
    if (!MEMBER.test(member)) return ''
    const key = member.slice(0, member.indexOf('='))
    if (!members.has(key)) members.set(key, member)
  }
  return fitting([...members.values()].slice(0, MAX_MEMBERS)).join(',')
}

/** Members that are within the length together. */
function fitting(members: readonly string[]): readonly string[] {
  let length = members.reduce((sum, member) => sum + member.length + 1, -1)
  if (length <= MAX_LENGTH) return members
  const kept = [...members]
  const drop = (at: number): void => {
    length -= kept[at]!.length + 1
    kept.splice(at, 1)
  }
  for (let at = kept.length - 1; at >= 0 && length > MAX_LENGTH; at--) if (kept[at]!.length > LONG_MEMBER) drop(at)
  while (length > MAX_LENGTH) drop(kept.length - 1)
  return kept
}
