/** Where in a document: names of members, numbers of items. */
export type Path = readonly (string | number)[]

/** As a program would write it: `routes[2].filters[0].rateLimit.limit`. */
export function showPath(path: Path): string {
  return path
    .map((step, at) => {
      if (typeof step === 'number') return `[${step}]`
      if (!/^[$\w-]+$/.test(step)) return `[${JSON.stringify(step.length > 64 ? `${step.slice(0, 64)}…` : step)}]`
      return at === 0 ? step : `.${step}`
    })
    .join('')
}

/** What stands there; `undefined` for nothing. */
export function at(data: unknown, path: Path): unknown {
  let found = data
  for (const step of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined
    found = (found as Record<string | number, unknown>)[step]
  }
  return found
}

/** Goes on from a path by those of the words, in their order, that lead somewhere. */
export function along(data: unknown, path: Path, words: readonly string[]): Path {
  const steps = [...path]
  let here = at(data, path)
  for (const word of words) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, word)) continue
    steps.push(Array.isArray(here) ? Number(word) : word)
    here = (here as Record<string, unknown>)[word]
  }
  return steps
}
