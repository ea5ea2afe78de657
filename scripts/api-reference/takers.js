import { parameterTokens } from './members.js'
import { seenDeclarations } from './signature.js'

/** The functions that take a type, for each type that has an entry. */
export function takersOf(checker, reference) {
  const takers = new Map()
  for (const taker of reference.entries.filter(({ kind }) => kind === 'function')) {
    const parameters = seenDeclarations(taker).flatMap((node) => node.parameters)
    for (const { symbol } of parameters.flatMap((node) => parameterTokens(checker, node))) {
      const entry = reference.entryOf(symbol)
      if (entry !== undefined) takers.set(entry, (takers.get(entry) ?? new Set()).add(taker))
    }
  }
  return new Map([...takers].map(([entry, functions]) => [entry, [...functions]]))
}
