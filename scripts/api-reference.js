// Writes docs/api, the reference of everything that the package exports, and the tables of options in docs/, all from the sources, so that
// they can't drift. `node scripts/api-reference.js`; with `--check` it only says which pages are not what it would write.
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { formatted } from './api-reference/formatted.js'
import { indexText } from './api-reference/index-page.js'
import { hasTables, withTables } from './api-reference/options.js'
import { pageText } from './api-reference/page.js'
import { GUIDES } from './api-reference/pages.js'
import { openProject } from './api-reference/project.js'
import { Reference } from './api-reference/reference.js'
import { takersOf } from './api-reference/takers.js'

const { values } = parseArgs({
  options: {
    check: { type: 'boolean' },
    root: { type: 'string', default: fileURLToPath(new URL('..', import.meta.url)) },
  },
})
const docs = join(values.root, 'docs')
const project = openProject(values.root)
const reference = new Reference(project)
const guideOf = ({ id, guide = GUIDES[id] ?? `${id}.md` }) => (existsSync(join(docs, guide)) ? guide : undefined)
const world = { project, checker: project.checker, reference, guideOf, takers: takersOf(project.checker, reference) }

const wanted = formatted(settled())
const stale = globSync('api/*.md', { cwd: docs }).filter((path) => !wanted.has(path))
const different = [...wanted].filter(([path, text]) => textAt(path) !== text).map(([path]) => path)
if (values.check) tell([...stale, ...different])
else write()

/** Every page with its text. Types that nobody exports join while others are written, and may bring more along. */
function settled() {
  const before = reference.entries.length
  const texts = new Map([...pages(), ...guides()])
  return reference.entries.length === before ? texts : settled()
}

function guides() {
  const texts = globSync('*.md', { cwd: docs })
    .sort()
    .map((path) => [path, textAt(path)])
  return texts.filter(([, text]) => hasTables(text)).map(([path, text]) => [path, withTables(world, path, text)])
}

function pages() {
  const filled = reference.pages.filter(({ entries }) => entries.length > 0)
  return [['api/README.md', indexText(world)], ...filled.map((page) => [`api/${page.id}.md`, pageText(world, page)])]
}

function textAt(path) {
  const file = join(docs, path)
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

function write() {
  mkdirSync(join(docs, 'api'), { recursive: true })
  for (const path of stale) rmSync(join(docs, path))
  for (const path of different) writeFileSync(join(docs, path), wanted.get(path))
  console.log(`api reference: ${reference.entries.length} entries; ${different.length} of ${wanted.size} pages written`)
}

function tell(paths) {
  for (const path of paths.sort())
    console.error(`docs/${path} is not what the sources say; run node scripts/api-reference.js`)
  if (paths.length === 0) console.log(`api reference: ${wanted.size} pages are what the sources say`)
  process.exitCode = paths.length === 0 ? 0 : 1
}
