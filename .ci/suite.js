// What the reports of one suite say. `node suite.js files FOLDER` prints the files in which something failed at first;
// `node suite.js sum FOLDER` prints "N passed, N failed" and, to stderr, a line for everything that failed, at first or for good.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** So many are not late: they are broken. */
const MOST_FILES = 8

const [what, folder] = process.argv.slice(2)
const names = existsSync(folder) ? readdirSync(folder) : []
const read = (name) => JSON.parse(readFileSync(join(folder, name), 'utf8'))
const runs = names
  .filter((name) => name.startsWith('first-'))
  .map((name) => {
    const later = name.replace('first-', 'again-')
    return { name, first: read(name), again: names.includes(later) ? read(later) : null }
  })

if (what === 'files') {
  const files = new Set(runs.flatMap(({ first }) => first.failed.map(({ file }) => file)))
  if (!files.has('') && files.size <= MOST_FILES) for (const file of files) console.log(file)
} else {
  let passed = 0
  // A run that left no report has failed.
  let failed = runs.length === 0 ? 1 : 0
  for (const { name, first, again } of runs) {
    passed += first.passed
    failed += first.skipped.length
    for (const test of first.skipped) console.error(`SKIPPED ${test}`)
    for (const { file, test, why } of first.failed) {
      const well = again?.files.includes(file) && !again.failed.some((each) => each.file === file && each.test === test)
      if (well) passed++
      else failed++
      console.error(`${well ? 'at first only' : 'FAILED'} (${name.slice(6, -5)}) ${file} > ${test}: ${why}`)
    }
    // What failed only the second time has failed, too.
    for (const { file, test, why } of again?.failed ?? []) {
      if (first.failed.some((each) => each.file === file && each.test === test)) continue
      failed++
      console.error(`FAILED (${name.slice(6, -5)}, alone) ${file} > ${test}: ${why}`)
    }
  }
  console.log(`${passed} passed, ${failed} failed`)
}
