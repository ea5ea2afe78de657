// Writes docs/security-conformance.md: for each hazard of test/hazards.json its verdict and the tests that stand for it, from the reports of one
// whole run (.ci/reporter.js): `node scripts/security-conformance.js [--check] [REPORT|FOLDER …]`. The folder is .cache/ci/tests, where
// .ci/run leaves its reports. What a later report says about a file replaces what earlier ones said.
// --check writes nothing, and fails when the page is not what the reports say. --static needs no reports: it compares the page with the table.
import { existsSync, globSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { problemsOfPage, render } from './security-conformance/page.js'
import { mergeReports, verdicts } from './security-conformance/verdicts.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const pagePath = join(root, 'docs', 'security-conformance.md')
const page = existsSync(pagePath) ? readFileSync(pagePath, 'utf8') : ''
const table = JSON.parse(readFileSync(join(root, 'test', 'hazards.json'), 'utf8'))
const given = process.argv.slice(2).filter((each) => !each.startsWith('--'))

const problems = process.argv.includes('--static')
  ? problemsOfPage(page, table, (path) => existsSync(join(dirname(pagePath), path)))
  : fromReports(given.length > 0 ? given : [join(root, '.cache', 'ci', 'tests')])
for (const problem of problems) console.error(problem)
process.exitCode = problems.length === 0 ? 0 : 1

function fromReports(places) {
  const run = mergeReports(places.flatMap(reportsAt).map((path) => JSON.parse(readFileSync(path, 'utf8'))))
  const missing = globSync('test/**/*.test.ts', { cwd: root }).filter((file) => !run.files.has(file))
  if (missing.length > 0)
    return [`not a whole run: ${missing.length} test files are in no report, such as ${missing[0]}`]
  const each = verdicts(table, run)
  const open = each.filter(({ verdict }) => verdict === 'open')
  const text = render(table, each)
  console.log(`conformance: ${each.length} hazards, ${open.length} open, from ${run.files.size} test files`)
  if (!process.argv.includes('--check')) writeFileSync(pagePath, text)
  return [
    ...open.map(({ number, why }) => `${number} is open: ${why}`),
    ...run.unknown(table).map((number) => `${number} stands in a title and not in test/hazards.json`),
    ...(process.argv.includes('--check') ? differences(text) : []),
  ]
}

function differences(text) {
  const there = new Set(page.split('\n').map(withoutCounts))
  const lacking = text.split('\n').filter((line) => !there.has(withoutCounts(line)))
  if (lacking.length === 0) return []
  return [
    'docs/security-conformance.md is not what the reports say; this script writes it. It lacks:',
    ...lacking.slice(0, 10),
  ]
}

/** How many tests a table has may depend on the machine. */
function withoutCounts(line) {
  return line.replace(/\| *\d+ *(?=\|)/g, '|')
}

/** The reports that a path names, oldest first. */
function reportsAt(path) {
  if (!existsSync(path)) return []
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path)
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(path, name))
    .sort((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs)
}
