// Holds the build against its budget, test/package/sizes.json: what each import reads of ours, the packages that come with it, and the tarball.
// `npm run sizes`, or `node scripts/sizes.js [--write] [--table FILE]` after a build. It prints both next to each other, and fails on a breach.
// --write makes the table anew of what is measured, and shows it in docs/dependencies.md.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { plainTable } from '../bench/support/table.js'
import { table as markdownTable } from './api-reference/markdown.js'
import { allowed, breaches } from './sizes/budget.js'
import { root } from './sizes/imports.js'
import { measure } from './sizes/measure.js'

const BEGIN = '<!-- written by scripts/sizes.js -->'
const END = '<!-- to here -->'
const PAGE = join(root, 'docs', 'dependencies.md')

const { values } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    table: { type: 'string', default: join(root, 'test', 'package', 'sizes.json') },
  },
})
const now = measure()
if (values.write) write()
const then = JSON.parse(readFileSync(values.table, 'utf8'))
console.log(plainTable(['', 'KiB', 'may be', 'was', 'packages'], rows()))
const problems = [
  ...breaches(then, now),
  ...(page().shown === shown(then) ? [] : ['docs/dependencies.md shows others']),
]
for (const problem of problems) console.error(problem)
console.log(
  problems.length === 0
    ? 'sizes: all within their budgets'
    : 'sizes: mend it, or say why and write the table anew: npm run sizes -- --write',
)
process.exitCode = problems.length === 0 ? 0 : 1

function rows() {
  const size = (name, before, after, packages) => [
    name,
    after.toFixed(1),
    before === undefined ? '–' : String(allowed(before)),
    before === undefined ? '–' : before.toFixed(1),
    packages,
  ]
  return [
    ...Object.entries(now.imports).map(([name, { kib, packages }]) =>
      size(name, then.imports[name]?.kib, kib, String(packages.length)),
    ),
    size('tarball, packed', then.tarball.packed, now.tarball.packed, ''),
    size('tarball, unpacked', then.tarball.unpacked, now.tarball.unpacked, `${now.tarball.files} files`),
  ]
}

function write() {
  // Lists in a line, as the formatter has them.
  const text = JSON.stringify(now, null, 2).replace(/\[[^\]]*\]/g, (list) =>
    list.replace(/\n\s*/g, ' ').replace(/^\[ | \]$/g, (edge) => edge.trim()),
  )
  writeFileSync(values.table, `${text}\n`)
  const { before, after } = page()
  writeFileSync(PAGE, `${before}${BEGIN}${shown(now)}${END}${after}`)
}

/** The page, and what it shows of the table. */
function page() {
  const [before, rest] = readFileSync(PAGE, 'utf8').split(BEGIN)
  const [found, after] = rest.split(END)
  return { before, shown: found, after }
}

function shown({ imports, tarball: { packed, unpacked, files, kinds } }) {
  const lines = Object.entries(imports).map(([name, { kib, packages }]) => [
    `\`${name}\``,
    kib.toFixed(0),
    String(allowed(kib)),
    packages.map((each) => `\`${each}\``).join(', ') || 'none',
  ])
  const list = `code ${kinds.code.toFixed(0)}, declarations ${kinds.declarations.toFixed(0)}, pages and schema ${kinds.pages.toFixed(0)}`
  return `

${markdownTable(['Import', 'KiB', 'At most', 'Packages that come with it'], lines, 80)}

The tarball has ${packed.toFixed(0)} KiB (at most ${allowed(packed)}), and ${unpacked.toFixed(0)} KiB in ${files} files once unpacked (at most ${allowed(unpacked)}): ${list}.

`
}
