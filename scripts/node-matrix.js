// Runs the suites that depend on Node's version under other versions: `node scripts/node-matrix.js [folder…] [-- vitest options]`;
// with `--install` it only fetches them. The binaries come from npm, into .cache/, and touch neither package.json nor the lock.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const VERSIONS = ['22.23.3', '26.10.0']
const root = fileURLToPath(new URL('..', import.meta.url))
const windows = process.platform === 'win32'

const split = process.argv.indexOf('--')
const given = process.argv.slice(2, split === -1 ? undefined : split)
const options = split === -1 ? [] : process.argv.slice(split + 1)

const folders = await Promise.all(VERSIONS.map(install))
if (!given.includes('--install')) {
  const suites =
    given.length > 0 ? given : ['test/adapters', 'test/transports', 'test/integration/http2', 'test/package']
  const results = VERSIONS.map((version, at) => runUnder(version, folders[at], suites))
  process.exitCode = results.every(Boolean) ? 0 : 1
}

/** Whether the suites pass. `{node}` in an option becomes the major version. */
function runUnder(version, bin, suites) {
  console.log(`Node ${version}: ${suites.join(' ')}`)
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const args = options.map((option) => option.replaceAll('{node}', version.split('.')[0]))
  const { status } = spawnSync(binary(bin), [vitest, 'run', ...suites, ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` },
  })
  return status === 0
}

/** The folder with that version's binary. */
async function install(version) {
  const name = `node-${windows ? 'win' : process.platform}-${process.arch}`
  const prefix = join(root, '.cache', `node-${version}`)
  const bin = join(prefix, 'node_modules', name, 'bin')
  if (isThere(version, bin)) return bin
  mkdirSync(prefix, { recursive: true })
  // A package of its own, so that npm does not look further up and find ours.
  writeFileSync(join(prefix, 'package.json'), '{ "private": true }\n')
  const args = ['install', '--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--prefix', prefix]
  const npm = spawn(windows ? 'npm.cmd' : 'npm', [...args, `${name}@${version}`], { cwd: prefix, stdio: 'inherit' })
  await once(npm, 'exit')
  if (!isThere(version, bin)) throw new Error(`could not install ${name}@${version}`)
  return bin
}

function isThere(version, bin) {
  return spawnSync(binary(bin), ['--version'], { encoding: 'utf8' }).stdout?.trim() === `v${version}`
}

function binary(bin) {
  return join(bin, windows ? 'node.exe' : 'node')
}
