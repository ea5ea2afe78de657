import { DEEPEST, MOST_VALUES, type Parsed, refusedName } from './parsed.js'
import type { Path } from './path.js'

/**
 * Copies an object as data, so that later changes to it change nothing. Whatever JSON can't say is refused: functions are for plugins,
 * and an object of a class of its own would lose what makes it one.
 */
export function copyPlain(value: unknown): Parsed {
  const faults: Parsed['faults'][number][] = []
  let left = MOST_VALUES
  const fault = (path: Path, message: string): null => {
    if (left > 0) faults.push({ path, message, position: null })
    return null
  }
  const copy = (each: unknown, path: Path): unknown => {
    if (left <= 0) return null
    if (--left === 0) {
      left = 1
      fault([], `more than ${MOST_VALUES} values`)
      left = 0
      return null
    }
    if (each === null || typeof each === 'string' || typeof each === 'boolean') return each
    if (typeof each === 'number') return Number.isFinite(each) ? each : fault(path, 'a number that is none')
    if (typeof each === 'function') return fault(path, 'a function, which is no data: give it a name as a plugin')
    if (typeof each !== 'object') return fault(path, `a ${typeof each}, which is no data`)
    if (path.length > DEEPEST)
      return fault(path.slice(0, 4), `deeper than ${DEEPEST} objects and arrays within each other`)
    if (Array.isArray(each)) return each.map((item, at) => copy(item ?? null, [...path, at]))
    const prototype: unknown = Object.getPrototypeOf(each)
    if (prototype !== null && prototype !== Object.prototype)
      return fault(path, `an object of the class ${each.constructor?.name}, which is no data`)
    const made: Record<string, unknown> = {}
    for (const [key, member] of Object.entries(each)) {
      const refused = refusedName(key)
      if (refused !== null) fault([...path, key], refused)
      else if (member !== undefined) made[key] = copy(member, [...path, key])
    }
    return made
  }
  return { data: copy(value, []), faults, positionOf: () => null }
}
