// How each hazard fared in a run.

/** What tests say that they run over, in their titles or by their file. */
const ADAPTERS = new Map([
  ['Express 4', /express[ -]4/i],
  ['Express 5', /express[ -]5/i],
  ['Koa', /\bkoa\b/i],
  ['Hono', /\bhono\b/i],
  ['Fastify', /\bfastify\b/i],
  ['Node', /\bnode at \/|\bover node\b|adapters\/node\./],
])
const TRANSPORTS = new Map([
  ['`http1`', /\bhttp1\b/],
  ['`undici`', /\bundici\b/],
  ['`httpProxy`', /\bhttp-?proxy\b/i],
  ['`http2`', /\b(?:over|through) http2\b|transports\/http2/],
])

/** One run out of several reports: of each file, what the last report says that has it. */
export function mergeReports(reports) {
  const files = new Map()
  for (const report of reports) {
    for (const file of report.files) files.set(file, [])
    for (const { file, test, state } of report.hazards) files.get(file).push({ file, test, state })
  }
  const tests = new Map()
  for (const each of [...files.values()].flat()) {
    for (const number of new Set(each.test.match(/\bH-\d{3}\b/g)))
      tests.set(number, [...(tests.get(number) ?? []), each])
  }
  return {
    files,
    of: (number) => tests.get(number) ?? [],
    unknown: (table) => [...tests.keys()].filter((number) => !numbersOf(table).includes(number)),
  }
}

/** In the order of the table. */
export function verdicts(table, run) {
  return numbersOf(table).map((number) => {
    const tests = run.of(number)
    const why = whyOpen(tests)
    const verdict = why !== null ? 'open' : table.byNode.includes(number) ? 'by Node' : 'held'
    return { number, verdict, why, tests, over: overOf(tests) }
  })
}

function numbersOf(table) {
  return Object.values(table.groups).flatMap((hazards) => Object.keys(hazards))
}

function whyOpen(tests) {
  if (tests.length === 0) return 'no test has it in its title'
  const bad = tests.find(({ state }) => state !== 'passed')
  return bad === undefined ? null : `${bad.file} > ${bad.test}: ${bad.state}`
}

function overOf(tests) {
  const found = (names) =>
    [...names].filter(([, says]) => tests.some(({ file, test }) => says.test(`${file} ${test}`))).map(([name]) => name)
  const adapters = found(ADAPTERS)
  return [...(adapters.length === ADAPTERS.size ? ['all adapters'] : adapters), ...found(TRANSPORTS)]
}
