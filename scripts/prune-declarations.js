// Takes the declarations out of dist that no subpath of the package leads to: nobody can import them, and they are a third of them all.
// Part of `npm run build:types`.
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

const reached = new Set()
for (const { types } of Object.values(exports)) if (types !== undefined) reach(join(types))

const all = readdirSync(join(root, 'dist'), { recursive: true }).filter((name) => name.endsWith('.d.ts'))
for (const name of all) if (!reached.has(join('dist', name))) rmSync(join(root, 'dist', name))

/** `import`, `export … from` and `import('…')` in a type all name the file by its JavaScript. */
function reach(path) {
  if (reached.has(path)) return
  reached.add(path)
  const text = readFileSync(join(root, path), 'utf8')
  for (const [, to] of text.matchAll(/(?:\bfrom |\bimport |\bimport\()'(\.[^']+)\.js'/g))
    reach(join(dirname(path), `${to}.d.ts`))
}
