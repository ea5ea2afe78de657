// Adds up what Vitest's JSON reports say: `node count.js FOLDER NAME yes|no` prints "N passed, N failed".
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const [folder, name, good] = process.argv.slice(2)
const files = readdirSync(folder).filter((file) => file.startsWith(name) && file.endsWith('.json'))
const reports = files.map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')))
const sum = (field) => reports.reduce((total, report) => total + report[field], 0)

const skipped = sum('numPendingTests') + sum('numTodoTests')
const passed = sum('numPassedTests')
let failed = sum('numFailedTests')
if (skipped > 0) console.error(`${skipped} skipped: each counts as a failure`)
failed += skipped
// A file that could not be loaded, or an error outside any test, fails the run and not a test.
if (failed === 0 && (good !== 'yes' || passed === 0)) failed = 1
console.log(`${passed} passed, ${failed} failed`)
