// What an import reads, found by importing it in a process of its own.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
export const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** What can be imported, as an application writes it. */
export const specifiers = Object.keys(manifest.exports)
  .filter((subpath) => !subpath.endsWith('.json'))
  .map((subpath) => subpath.replace('.', manifest.name))

/** Runs a module's code in a process of its own, and gives what it prints. */
export function evaluate(code) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

/** Files of ours, with their bytes, and the packages that come with them, by name. */
export function readBy(specifier) {
  const paths = evaluate(loading(specifier)).map((url) => fileURLToPath(url))
  const packages = paths.map((path) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1])
  return {
    files: paths
      .filter((_path, at) => packages[at] === undefined)
      .map((path) => ({ path: path.slice(root.length), bytes: readFileSync(path).length })),
    packages: [...new Set(packages.filter((name) => name !== undefined))].sort(),
  }
}

// The first file is the code itself.
const loading = (specifier) => `
  import { registerHooks } from 'node:module'
  const files = []
  registerHooks({ load: (url, context, next) => { if (url.startsWith('file:')) files.push(url); return next(url, context) } })
  await import('${specifier}')
  console.log(JSON.stringify(files.slice(1)))`
