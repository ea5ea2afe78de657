/** The budget is what was measured when the table was last written, and a tenth more. */
export const allowed = (kib) => Math.ceil((kib * 11) / 10)

/** What is larger than its budget, and what of it has grown: a line each. */
export function breaches(table, now) {
  return [...tarballBreaches(table.tarball, now.tarball), ...importBreaches(table.imports, now.imports)]
}

function tarballBreaches(then, now) {
  return ['packed', 'unpacked']
    .filter((size) => now[size] > allowed(then[size]))
    .map((size) => `the tarball, ${size}, ${over(then[size], now[size])}: ${grown(then.kinds, now.kinds)}`)
}

function importBreaches(then, now) {
  const gone = Object.keys(then).filter((name) => now[name] === undefined)
  return [
    ...Object.entries(now).flatMap(([name, found]) => importBreach(name, then[name], found)),
    ...gone.map((name) => `${name} has a budget and can't be imported`),
  ]
}

function importBreach(name, then, now) {
  if (then === undefined) return [`${name} has no budget`]
  const added = now.packages.filter((each) => !then.packages.includes(each))
  return [
    ...(now.kib > allowed(then.kib) ? [`${name} ${over(then.kib, now.kib)}: ${grown(then.folders, now.folders)}`] : []),
    ...added.map((each) => `${name} loads ${each}, too: it had ${then.packages.length} packages`),
  ]
}

const over = (then, now) => `is ${now} KiB, and may be ${allowed(then)} (it was ${then})`

/** The parts that have grown, most first. */
function grown(then, now) {
  return Object.entries(now)
    .map(([part, size]) => [part, size - (then[part] ?? 0)])
    .filter(([, more]) => more >= 0.1)
    .sort(([, a], [, b]) => b - a)
    .map(([part, more]) => `${part} +${more.toFixed(1)}`)
    .join(', ')
}
