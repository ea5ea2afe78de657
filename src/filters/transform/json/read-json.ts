import { excess } from '../../../http/json-limits.js'
import { Unreadable } from '../body-change.js'
import { parseJson } from './exact-json.js'

/**
 * Reads JSON of a bounded depth. What is otherwise in it is bounded by its length.
 *
 * @throws {@link Unreadable}
 */
export function readJson(text: string, maxDepth: number, duplicateNames: 'refuse' | 'allow' = 'refuse'): unknown {
  const why = excess(text, {
    maxDepth,
    maxMembers: Infinity,
    maxItems: Infinity,
    maxStringLength: Infinity,
    duplicateNames,
  })
  if (why !== null) throw new Unreadable(`the JSON has ${why}`)
  try {
    return parseJson(text)
  } catch {
    throw new Unreadable('the body is not JSON')
  }
}
