/**
 * Whether no two items are equal, as JSON Schema's `uniqueItems` asks, in the time that it takes to read them: ajv compares each pair
 * of objects, which for 10,000 of them is 50 million times.
 */
export function allUnique(items: readonly unknown[]): boolean {
  const seen = new Set<unknown>()
  for (const item of items) {
    // With a prefix that no text of an item's has, so that `"1"`, `1` and `[1]` are three.
    const key =
      typeof item === 'string' ? `"${item}` : typeof item === 'object' && item !== null ? canonical(item) : item
    if (seen.has(key)) return false
    seen.add(key)
  }
  return true
}

/** The same text for what is equal: members by their names. Recursion ends where the limit of depth is. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
}
